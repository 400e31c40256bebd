package tests

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/ordinary"
)

// forwarder is a codex-dnsvisor forward.
type forwarder struct {
	*exec.Cmd
	socket, audit string
}

// startForwarder runs one outside, with a directory that others may enter.
func (o *outside) startForwarder(flags ...string) *forwarder {
	o.t.Helper()
	f := &forwarder{socket: o.path("dns.sock"), audit: o.path("forward.jsonl")}
	for dir := o.dir; strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		must(o.t, os.Chmod(dir, 0o755))
	}
	args := append([]string{binary, "forward", "--listen", "unix://" + f.socket, "--audit", f.audit}, flags...)
	f.Cmd = o.enter(append([]string{"sh", "-c", `exec "$0" "$@" 2>&1`}, args...)...)
	await(o.t, startLines(o.t, f.Cmd), "answering at")
	return f
}

// TestForward: runs in other sandboxes ask a forwarder, and get what both policies allow; the log says who asked. Their trees
// cannot ask it themselves. SIGTERM ends it, and its socket is gone.
func TestForward(t *testing.T) {
	o := newOutside(t)
	f := o.startForwarder("--allow", "**.corp.example", "--allow", "big.corp.test", "--deny", "secret.corp.example", "--upstream", "udp://127.0.0.1")
	ask := func(command ...string) result {
		return o.run(append([]string{"--allow", "*", "--allow", "big.corp.test", "--upstream", "unix://" + f.socket, "--"}, command...)...)
	}
	if got := ask("getent", "ahostsv4", "alias.corp.example"); !strings.HasPrefix(got.stdout, "192.0.2.10 ") || !strings.Contains(got.stdout, " backend.corp.example\n") {
		t.Errorf("allowed: %+v", got)
	}
	if got := ask("dig", "+short", "+noedns", "@8.8.8.8", "big.corp.test"); strings.Count(got.stdout, "198.51.100.") != 120 {
		t.Errorf("long: %+v", got)
	}
	for _, name := range []string{"secret.corp.example", "leads.corp.example", "a.other.example"} {
		if got := ask("dig", "@8.8.8.8", name); !strings.Contains(got.stdout, "status: NXDOMAIN") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	const door = `import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])`
	if got := ask("/usr/bin/python3", "-c", door, f.socket); !strings.Contains(got.stderr, "ConnectionRefusedError") {
		t.Errorf("the tree reached the forwarder: %+v", got)
	}
	must(t, f.Process.Signal(syscall.SIGTERM))
	if err := f.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Lstat(f.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	denied := map[string]any{
		"network.policy.decision": "deny", "server.address": "secret.corp.example", "network.transport.protocol": "dns_unix",
	}
	found := false
	for _, e := range logged(t, f.audit) {
		args, _ := e["process.command_args"].([]any)
		found = found || matches(e, denied) && len(args) > 0 && args[0] == binary
	}
	if !found {
		t.Errorf("no line has %v", denied)
	}
}

// TestForwardConfined: who asks is named by its program, though the forwarder may look into nobody and open nothing beside its policy's
// files; a policy file that is replaced is followed all the same.
func TestForwardConfined(t *testing.T) {
	o := newOutside(t)
	policy, next := o.path("policy.toml"), o.path("next.toml")
	write(t, policy, "[network.domains]\n\"a.corp.example\" = \"allow\"\n")
	f := o.startForwarder("--policy", policy, "--upstream", "udp://127.0.0.1")
	const asks = `import socket, struct, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
for name in sys.argv[2:]:
    q = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + struct.pack("!BHH", 0, 1, 1)
    s.sendall(struct.pack("!H", len(q)) + q)
    n, = struct.unpack("!H", s.recv(2, socket.MSG_WAITALL))
    print(s.recv(n, socket.MSG_WAITALL)[3] & 15)
`
	ask := func(names ...string) string {
		return finish(t, o.enter(append([]string{"/usr/bin/python3", "-c", asks, f.socket}, names...)...)).stdout
	}
	if got := ask("a.corp.example", "only6.corp.example"); got != "0\n3\n" {
		t.Errorf("answers %q", got)
	}
	write(t, next, "[network.domains]\n\"only6.corp.example\" = \"allow\"\n")
	must(t, os.Rename(next, policy))
	for start := time.Now(); ask("a.corp.example", "only6.corp.example") != "3\n0\n"; {
		if time.Since(start) > patience {
			t.Fatal("the new policy is not followed")
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.Process.Pid))
	must(t, err)
	for _, want := range []string{"\nSeccomp:\t2\n", "\nNoNewPrivs:\t1\n"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("its status lacks %q", want)
		}
	}
	must(t, f.Process.Signal(syscall.SIGTERM))
	must(t, f.Wait())
	for _, e := range logged(t, f.audit) {
		if program, _ := e["process.executable.path"].(string); e["process.pid"] != nil && !strings.Contains(program, "/python3") {
			t.Errorf("who asked is not named: %v", e)
		}
	}
}

// TestForwardGone: where a forwarder hangs or is killed, the next upstream answers; another one takes the place of its socket.
func TestForwardGone(t *testing.T) {
	o := newOutside(t)
	start := func() *forwarder {
		return o.startForwarder("--allow", "a.corp.example", "--record", "a.corp.example. 0 IN A 192.0.2.99")
	}
	f := start()
	ask := func(want string, more ...string) {
		t.Helper()
		args := append([]string{"--allow", "a.corp.example", "--upstream", "unix://" + f.socket}, more...)
		if got := o.run(append(args, "--", "getent", "ahostsv4", "a.corp.example")...); !strings.HasPrefix(got.stdout, want) {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	spare := []string{"--upstream", "udp://127.0.0.1"}
	ask("192.0.2.99 ", spare...)
	must(t, f.Process.Signal(syscall.SIGSTOP))
	ask("192.0.2.1 ", spare...)
	must(t, f.Process.Signal(syscall.SIGKILL))
	_ = f.Wait()
	ask("192.0.2.1 ", spare...)
	f = start()
	ask("192.0.2.99 ")
}

// TestForwardUnattended: without a standard error that anybody reads, and with a hangup that nohup keeps off, it goes on.
func TestForwardUnattended(t *testing.T) {
	o := newOutside(t)
	const script = `trap "" HUP; exec "$0" forward --listen "unix://$1" --allow a.corp.example --upstream udp://127.0.0.1 2>&1`
	service := o.enter("sh", "-c", script, binary, o.path("dns.sock"))
	reader, writer, err := os.Pipe()
	must(t, err)
	service.Stdout = writer
	must(t, service.Start())
	must(t, writer.Close())
	await(t, bufio.NewReader(reader), "answering at")
	must(t, reader.Close())
	must(t, service.Process.Signal(syscall.SIGHUP))
	for range 2 {
		got := o.run("--allow", "*.corp.example", "--upstream", "unix://"+o.path("dns.sock"), "--", "getent", "ahostsv4", "denied.corp.example")
		if got.status != 2 {
			t.Errorf("%+v", got)
		}
	}
	if got := o.run("--allow", "a.corp.example", "--upstream", "unix://"+o.path("dns.sock"), "--", "getent", "ahostsv4", "a.corp.example"); !strings.HasPrefix(got.stdout, "192.0.2.1 ") {
		t.Errorf("%+v", got)
	}
	must(t, service.Process.Signal(syscall.SIGTERM))
	if err := service.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestForwardElsewhere: a sandbox that is not ours, an empty network namespace, asks by TCP through socat, as docs/forward.md has it.
func TestForwardElsewhere(t *testing.T) {
	o := newOutside(t)
	f := o.startForwarder("--allow", "**.corp.example", "--deny", "secret.corp.example", "--upstream", "udp://127.0.0.1")
	const script = `ip link set lo up; echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		socat TCP-LISTEN:53,bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:"$0" & trap "kill $!" EXIT
		until dig +tcp +short +tries=1 @127.0.0.1 alias.corp.example | grep -v '^;'; do :; done
		echo 'nameserver 127.0.0.1
options use-vc' >resolv.conf; mount --bind resolv.conf /etc/resolv.conf
		getent hosts a.corp.example; getent hosts secret.corp.example; echo $?`
	got := finish(t, o.enter("unshare", "--map-root-user", "--mount", "--net", "sh", "-c", script, f.socket))
	if want := "middle.corp.example.\nbackend.corp.example.\n192.0.2.10\n2001:db8::1     a.corp.example\n2\n"; got.stdout != want {
		t.Errorf("%+v", got)
	}
}

// askForwarder asks "a.corp.example A" of a forwarder; an empty line says that it was refused.
const askForwarder = `import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
q = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04corp\x07example\x00\x00\x01\x00\x01"
try: s.sendall(len(q).to_bytes(2, "big") + q); print(s.recv(999)[-4:].hex())
except BrokenPipeError: print()
except ConnectionResetError: print()`

// TestForwardPeers: other users ask only where they are named.
func TestForwardPeers(t *testing.T) {
	if os.Geteuid() != 0 {
		return // root's pass has it: nobody else can be two users
	}
	for flags, want := range map[string]string{
		"":                                  "PermissionError",
		"--peer 7":                          "\n",
		fmt.Sprint("--peer ", ordinary.UID): "c0000201\n",
	} {
		o := newOutside(t)
		o.startForwarder(append(strings.Fields(flags), "--allow", "a.corp.example", "--upstream", "udp://127.0.0.1")...)
		asker := exec.Command("/usr/bin/python3", "-c", askForwarder, o.path("dns.sock"))
		asker.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ordinary.UID, Gid: ordinary.UID}}
		got := finish(t, asker)
		if got.stdout != want && !strings.Contains(got.stderr, want) || want == "\n" && got.stdout != want {
			t.Errorf("%q: %+v, want %q", flags, got, want)
		}
	}
}

// TestForwardUsage: what is wrong is said, with what to do, and another's socket is left alone.
func TestForwardUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("mine"), 0o600))
	locked, err := os.Open(t.TempDir())
	must(t, err)
	defer locked.Close()
	must(t, syscall.Flock(int(locked.Fd()), syscall.LOCK_EX))
	for _, c := range []struct {
		args   string
		status int
		stderr string
	}{
		{"forward", 2, "--listen"},
		{"forward --listen dns.sock", 2, "hint: unix:// and an absolute path"},
		{"forward --listen unix://" + file, 1, "it is there already, and no socket"},
		{"forward --listen unix:///absent/dns.sock", 1, "hint: make the directory"},
		{"forward --listen unix://" + locked.Name() + "/dns.sock", 1, "resource temporarily unavailable\nhint: another forwarder starts there, or somebody else has locked the directory: "},
		{"forward --listen unix:///tmp/x --upstream tls://", 2, "hint: an upstream is"},
		{"forward --listen unix:///tmp/x --upstream-proxy ftp://x", 2, "hint: an upstream proxy is"},
		{"forward --listen unix:///tmp/x -- true", 2, "takes no command"},
	} {
		if got := run(t, strings.Fields(c.args)...); got.status != c.status || !strings.Contains(got.stderr, c.stderr) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}
