package supervisor

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// authority is an upstream by another library than ours. It answers what it is asked, and remembers it.
type authority struct {
	conn    net.PacketConn
	address func(name string) [4]byte
	mu      sync.Mutex
	asked   []string // octets, a dot after each label
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	return authorityOf(tb, func(string) [4]byte { return [4]byte{192, 0, 2, 1} })
}

// authorityOf is one that gives each name an address.
func authorityOf(tb testing.TB, address func(name string) [4]byte) *authority {
	tb.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	a := &authority{conn: conn, address: address}
	var work sync.WaitGroup
	work.Go(a.serve)
	tb.Cleanup(func() { _ = conn.Close(); work.Wait() })
	return a
}

func (a *authority) serve() {
	buffer := make([]byte, 2048)
	for {
		n, from, err := a.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var p dnsmessage.Parser
		h, err := p.Start(buffer[:n])
		questions, qerr := p.AllQuestions()
		if err != nil || qerr != nil || len(questions) != 1 {
			questions = []dnsmessage.Question{{}} // which nobody may ask
		}
		a.mu.Lock()
		a.asked = append(a.asked, questions[0].Name.String())
		a.mu.Unlock()
		reply := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: h.ID, Response: true},
			Questions: questions,
			Answers: []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 60},
				Body:   &dnsmessage.AResource{A: a.address(questions[0].Name.String())},
			}},
		}
		if wire, err := reply.Pack(); err == nil {
			_, _ = a.conn.WriteTo(wire, from)
		}
	}
}

// heard is what was asked since it was asked last.
func (a *authority) heard() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	heard := a.asked
	a.asked = nil
	return heard
}

// nameRules allow and deny names that the drawn ones come close to.
var nameRules = []struct {
	pattern string
	effect  policy.Effect
}{
	{"a.corp", policy.Allow},
	{"*.b.corp", policy.Allow},
	{"**.c", policy.Allow},
	{"g?b*.corp", policy.Allow},
	{"bücher.corp", policy.Allow},
	{"*.x.b.corp", policy.Deny},
	{"k.c", policy.Deny},
}

// allowed is what the rules say of a name, by its labels' octets alone.
func allowed(labels [][]byte) bool {
	name := folded(string(bytes.Join(labels, []byte("."))))
	for _, label := range labels {
		for _, c := range label {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", rune(c)) || c >= 0x80 {
				return false
			}
		}
	}
	last := func(n int) string { return folded(string(bytes.Join(labels[max(0, len(labels)-n):], []byte(".")))) }
	switch {
	case len(labels) > 3 && last(3) == "x.b.corp", name == "k.c":
		return false
	case name == "a.corp", len(labels) > 2 && last(2) == "b.corp", len(labels) > 0 && last(1) == "c", name == "xn--bcher-kva.corp":
		return true
	}
	return len(name) >= len("gxb.corp") && name[0] == 'g' && name[2] == 'b' && strings.HasSuffix(name, ".corp")
}

// drawLabels draws a name near to the rules'.
func drawLabels(t *rapid.T) [][]byte {
	words := rapid.SampledFrom([]string{
		"a", "A", "b", "B", "c", "C", "x", "k", "K", "corp", "CORP", "gab", "g.b", "g\x00b", "gb", "b.corp", "a.corp", ".", "*", "**", "?", "corp\x00", "\x00",
		`a\`, `\.`, `\046`, `a\000`, "xn--bcher-kva", "b\xc3\xbccher", "\xd0\xb0", "\xe2\x84\xaa", "\xef\xbc\xae", "-", "_", "a b", "\"", ";", "xn--80ak6aa92e",
	})
	var labels [][]byte
	for range rapid.IntRange(0, 5).Draw(t, "labels") {
		labels = append(labels, []byte(rapid.OneOf(words, rapid.StringMatching(`[a-cx]{1,3}`)).Draw(t, "label")))
	}
	return labels
}

// messageOf asks for the address of a name.
func messageOf(labels [][]byte) []byte {
	wire := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00")
	for _, label := range labels {
		wire = append(append(wire, byte(len(label))), label...)
	}
	return append(wire, 0, 0, 1, 0, 1)
}

// nameDesk judges by nameRules, asks an authority, keeps that many answers, and logs to a file.
func nameDesk(t *testing.T, upstream *authority, cache int) (d *desk, log string) {
	t.Helper()
	var rules []policy.Rule
	for _, r := range nameRules {
		pattern, err := policy.ParsePattern(r.pattern)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, policy.Rule{Pattern: pattern, Effect: r.effect})
	}
	at, err := resolve.ParseUpstream("udp://" + upstream.conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	resolver, err := resolve.New(resolve.Config{Upstreams: []resolve.Upstream{at}, CacheSize: cache})
	if err != nil {
		t.Fatal(err)
	}
	log = filepath.Join(t.TempDir(), "log")
	lines, err := audit.Open(log, audit.Options{Window: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(resolver.Close(), lines.Close()); err != nil {
			t.Error(err)
		}
	})
	unlimited := policy.Limits{Names: policy.MaxBudgetNames, Bytes: policy.MaxBudgetBytes, TotalNames: policy.MaxBudgetNames, TotalBytes: policy.MaxBudgetBytes, Questions: policy.MaxQuestions}
	return newDesk(&Config{Rules: Rules{Policy: policy.New(rules), Resolver: resolver, Budget: unlimited}, Log: lines, Quiet: true}), log
}

// logged is the name, as octets with a dot after each label, and the decision of the one line that a log has grown by.
func logged(t rapid.TB, log *os.File) (name, decision string) {
	text, err := io.ReadAll(log)
	var e struct {
		Name     string `json:"server.address"`
		Decision string `json:"network.policy.decision"`
	}
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return unescaped(strings.ReplaceAll(e.Name, `\\`, `\`)), e.Decision // the log doubles backslashes
}

// unescaped reads presentation form: RFC 1035 section 5.1.
func unescaped(name string) string {
	if name == "." {
		return name
	}
	var b strings.Builder
	for at := 0; at < len(name); at++ {
		c := name[at]
		if c == '\\' {
			at++
			if c = name[at]; '0' <= c && c <= '9' {
				c = (c-'0')*100 + (name[at+1]-'0')*10 + name[at+2] - '0'
				at += 2
			}
		}
		b.WriteByte(c)
	}
	return b.String() + "."
}

// folded is ASCII in lower case, and all other octets as they are.
func folded(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// The name that is decided on is that which upstreams are asked for, which the answer is for and which the log has, octet for octet but
// for the letter case; and upstreams hear of none that the rules do not allow.
func TestOneName(t *testing.T) {
	upstream := newAuthority(t)
	d, path := nameDesk(t, upstream, 0)
	lines, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	rapid.Check(t, func(t *rapid.T) {
		labels := drawLabels(t)
		want := string(bytes.Join(append(slices.Clone(labels), nil), []byte(".")))
		if want == "" {
			want = "."
		}
		wire := messageOf(labels)
		by := asker{tid: os.Getpid(), transport: audit.TransportDNSUDP, patient: true}
		response := d.ask(wire, by, maxUDPResponse).await(t.Context())
		if len(response) < len(wire) || !bytes.Equal(response[12:len(wire)], wire[12:]) {
			t.Fatalf("%q: answered by %q", wire, response)
		}
		name, decision := logged(t, lines)
		if name != folded(want) {
			t.Fatalf("%q: the log has %q", want, name)
		}
		heard := upstream.heard()
		if allowed(labels) != (decision == "allow") || len(heard) > 0 && decision != "allow" {
			t.Fatalf("%q: %s, upstream heard %q", want, decision, heard)
		}
		for _, name := range heard {
			if folded(name) != folded(want) {
				t.Fatalf("%q: upstream heard %q", want, name)
			}
		}
		if records := binary.BigEndian.Uint16(response[6:]); (records > 0) != (decision == "allow") {
			t.Fatalf("%q: %s, %d records", want, decision, records)
		}
	})
}
