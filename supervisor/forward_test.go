package supervisor

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// forwarding starts a forwarder that answers a.test and leads alias.test to a denied name, and returns what ends it.
func forwarding(t *testing.T, path string, log *audit.Log, stderr io.Writer) (end func() error) {
	t.Helper()
	records, err := resolve.ParseZone("a.test. A 192.0.2.7\nalias.test. CNAME secret.test.\nsecret.test. A 192.0.2.66\n", "zone")
	must(t, err)
	resolver, err := resolve.New(resolve.Config{Records: records})
	must(t, err)
	allow, err := policy.ParsePattern("**.test")
	must(t, err)
	deny, err := policy.ParsePattern("secret.test")
	must(t, err)
	config := Config{Log: log, Stderr: stderr, Rules: Rules{Resolver: resolver, Policy: policy.New([]policy.Rule{{Pattern: allow, Effect: policy.Allow}, {Pattern: deny}})}}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- Forward(ctx, config, Door{Path: path}, func() error { close(ready); return nil }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	end = func() error {
		cancel()
		err := <-ended
		ended <- err
		return errors.Join(err, resolver.Close())
	}
	t.Cleanup(func() { _ = end() })
	return end
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A resolver that has the forwarder's socket for an upstream gets what the forwarder's policy allows, and the log names who asked.
func TestForward(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dns.sock")
	lines, err := audit.Open(filepath.Join(dir, "audit.jsonl"), audit.Options{})
	must(t, err)
	var stderr bytes.Buffer
	end := forwarding(t, path, lines, &stderr)
	upstream, err := resolve.ParseUpstream("unix://" + path)
	must(t, err)
	client, err := resolve.New(resolve.Config{Upstreams: []resolve.Upstream{upstream}})
	must(t, err)
	for name, want := range map[string]string{
		"a.test": "NOERROR 192.0.2.7", "secret.test": "NXDOMAIN ", "alias.test": "NXDOMAIN ", "a.example": "NXDOMAIN ",
	} {
		answer := client.Lookup(t.Context(), resolve.Question{Name: name, Type: 1, Class: 1}, resolve.Chain{})
		if got := answer.RCode() + " " + strings.Join(answer.Answers(), " "); got != want {
			t.Errorf("%s: %s (%s), want %s", name, got, answer.Reason(), want)
		}
	}
	must(t, client.Close())
	must(t, end())
	must(t, lines.Close())
	text, err := os.ReadFile(filepath.Join(dir, "audit.jsonl"))
	must(t, err)
	asker := fmt.Sprintf(`"process.pid":%d`, os.Getpid())
	if n := strings.Count(string(text), "dns_unix"); n != 4 || strings.Count(string(text), asker) != 4 {
		t.Errorf("%d lines, want 4, each with %s:\n%s", n, asker, text)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if !strings.Contains(stderr.String(), "denied secret.test (asked by ") {
		t.Errorf("said: %s", stderr.String())
	}
}

// What clients may do to a forwarder leaves the others' answers alone, and its end waits for nobody.
func TestForwardHostile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dns.sock")
	end := forwarding(t, path, nil, nil)
	var open []net.Conn
	for _, said := range []string{"", "\x00", "\x00\x00", "\x00\x05hello", "\xff\xff" + strings.Repeat("x", 100), "\xff\xff" + strings.Repeat("x", 65535)} {
		conn, err := net.Dial("unix", path)
		must(t, err)
		_, _ = io.WriteString(conn, said) // it may be closed already
		open = append(open, conn)
	}
	conn, err := net.Dial("unix", path)
	must(t, err)
	open = append(open, conn)
	question := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04test\x00\x00\x01\x00\x01"
	_, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(question))), question...))
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	reply, err := readFrame(conn)
	if err != nil || !bytes.HasSuffix(reply, []byte{192, 0, 2, 7}) {
		t.Errorf("%x, %v", reply, err)
	}
	must(t, end())
	for _, conn := range open {
		must(t, conn.Close())
	}
}

// A socket that nobody answers at gives way; one that somebody does, and what is no socket, stays.
func TestForwardTakesNobodysPlace(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "stale")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	must(t, err)
	left.SetUnlinkOnClose(false)
	must(t, left.Close())
	must(t, forwarding(t, stale, nil, nil)())

	answers := filepath.Join(dir, "answers")
	forwarding(t, answers, nil, nil)
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	must(t, os.WriteFile(file, []byte("mine"), 0o600))
	must(t, os.Symlink(stale, link))
	for path, want := range map[string]error{answers: errAnswers, file: errNoSocket, link: errNoSocket, filepath.Join(dir, "absent", "dns.sock"): os.ErrNotExist} {
		before, _ := os.Lstat(path)
		if _, err := (Door{Path: path}).open(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if after, err := os.Lstat(path); before != nil && (err != nil || !os.SameFile(before, after)) {
			t.Errorf("%s was replaced: %v", path, err)
		}
	}
}

// The socket is its owner's alone, unless others are named; what took its place while it was open is left.
func TestForwardSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dns.sock")
	for _, c := range []struct {
		peers []uint32
		mode  os.FileMode
	}{{nil, 0o600}, {[]uint32{1}, 0o666}} {
		s, err := Door{Path: path, Peers: c.peers}.open(t.Context())
		must(t, err)
		info, err := os.Lstat(path)
		must(t, err)
		if info.Mode().Perm() != c.mode {
			t.Errorf("peers %v: mode %v", c.peers, info.Mode())
		}
		must(t, s.Close())
	}
	s, err := Door{Path: path}.open(t.Context())
	must(t, err)
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, s.Close())
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("another's file is gone: %v", err)
	}
}

// A user is admitted by number: our own, root and those that are named.
func TestForwardPeers(t *testing.T) {
	f := &forwarder{desk: &desk{notices: newNotices(nil)}, admitted: []uint32{7, 0}}
	for uid, want := range map[uint32]bool{0: true, 7: true, 8: false, 65534: false} {
		if f.admits(&unix.Ucred{Uid: uid}) != want {
			t.Errorf("user %d", uid)
		}
	}
}
