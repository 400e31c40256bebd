package supervisor

import (
	"bytes"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// What a cached answer takes of the heap, from the message to the response. Fewer is a gain to be written down here; more is an answer that has become
// slower, and a collector that runs more often.
const (
	allocations       = 0
	allocationsLogged = 2 // the text of an address, and its list
)

// TestCachedAnswerAllocates counts them, of a question whose process is known.
func TestCachedAnswerAllocates(t *testing.T) {
	upstream := newAuthority(t)
	d := cachingDesk(t, upstream)
	wire, by := messageOf([][]byte{[]byte("a"), []byte("corp")}), knownAsker()
	by.room = make([]byte, 0, 512)
	if first := d.ask(wire, by, maxUDPResponse).await(t.Context()); !bytes.Contains(first, []byte{192, 0, 2, 1}) {
		t.Fatalf("answered %x", first)
	}
	count := func(want int) {
		t.Helper()
		n := testing.AllocsPerRun(1000, func() {
			if r := d.ask(wire, by, maxUDPResponse); !bytes.Contains(r.response, []byte{192, 0, 2, 1}) {
				t.Fatalf("answered %x", r.response)
			}
		})
		if n != float64(want) {
			t.Errorf("%v allocations, not %d", n, want)
		}
	}
	count(allocations)
	lines, err := audit.Open(filepath.Join(t.TempDir(), "log"), audit.Options{Window: -1})
	if err != nil {
		t.Fatal(err)
	}
	d.log = lines
	count(allocationsLogged)
	if err := lines.Close(); err != nil {
		t.Error(err)
	}
	if asked := upstream.heard(); len(asked) != 1 {
		t.Errorf("the upstream was asked for %v", asked)
	}
}

// BenchmarkCachedAnswer is what [TestCachedAnswerAllocates] counts, without a log.
func BenchmarkCachedAnswer(b *testing.B) {
	d := cachingDesk(b, newAuthority(b))
	wire, by := messageOf([][]byte{[]byte("a"), []byte("corp")}), knownAsker()
	by.room = make([]byte, 0, 512)
	d.ask(wire, by, maxUDPResponse).await(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		d.ask(wire, by, maxUDPResponse)
	}
}

// knownAsker is a process that need not be looked up.
func knownAsker() asker {
	return asker{
		process: &audit.Process{PID: 1, Executable: "/bin/true", Args: []string{"true"}}, transport: audit.TransportDNSUDP,
		client: netip.MustParseAddrPort("127.0.0.1:4711"), resolver: netip.MustParseAddrPort("192.0.2.53:53"),
	}
}

// cachingDesk allows a name, keeps what an authority says, and has no log.
func cachingDesk(tb testing.TB, upstream *authority) *desk {
	tb.Helper()
	pattern, err := policy.ParsePattern("a.corp")
	if err != nil {
		tb.Fatal(err)
	}
	at, err := resolve.ParseUpstream("udp://" + upstream.conn.LocalAddr().String())
	if err != nil {
		tb.Fatal(err)
	}
	resolver, err := resolve.New(resolve.Config{Upstreams: []resolve.Upstream{at}, CacheSize: 16})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := resolver.Close(); err != nil {
			tb.Error(err)
		}
	})
	limits := policy.Limits{Names: 1, Bytes: 1, TotalNames: 1, TotalBytes: 1, Questions: 1}
	return newDesk(&Config{Rules: Rules{Policy: policy.New([]policy.Rule{{Pattern: pattern, Effect: policy.Allow}}), Resolver: resolver, Budget: limits}, Quiet: true})
}
