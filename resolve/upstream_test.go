package resolve

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// liar is an upstream of the test's own, since no real server misbehaves so: it hands each question to reply, which
// sends what it likes.
type liar struct {
	address netip.AddrPort
	asked   atomic.Int64
	byTCP   atomic.Int64
}

func newLiar(t *testing.T, reply func(w dns.ResponseWriter, m *dns.Msg, tcp bool)) *liar {
	t.Helper()
	l := &liar{}
	packets, listener := listenBoth(t)
	l.address = packets.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, s := range []*dns.Server{{PacketConn: packets}, {Listener: listener}} {
		tcp := s.Listener != nil
		s.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
			l.asked.Add(1)
			if tcp {
				l.byTCP.Add(1)
			}
			reply(w, m, tcp)
		})
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		done := make(chan error, 1)
		go func() { done <- s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := s.Shutdown(); err != nil {
				t.Error(err)
			}
			<-done
		})
	}
	return l
}

// listenBoth listens by UDP and TCP on one port: of those that the kernel chooses for UDP, some are taken for TCP.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 50 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		must(t, err)
		if listener, err := net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			return packets, listener
		}
		must(t, packets.Close())
	}
	t.Fatal("no port is free")
	return nil, nil
}

// honest answers from records as a recursive resolver does.
func honest(records ...string) func(dns.ResponseWriter, *dns.Msg, bool) {
	all := answerOf(records...).records
	return func(w dns.ResponseWriter, m *dns.Msg, _ bool) { _ = w.WriteMsg(recursive(all, m)) }
}

func recursive(all []dns.RR, m *dns.Msg) *dns.Msg {
	r := &dns.Msg{Compress: true}
	r.SetReply(m)
	name := ascii.Lower(m.Question[0].Name)
	for range 20 {
		next := ""
		for _, rr := range all {
			if rr.Header().Name != name {
				continue
			}
			if cname, ok := rr.(*dns.CNAME); ok {
				next = cname.Target
			}
			if cname := next != ""; cname || rr.Header().Rrtype == m.Question[0].Qtype {
				r.Answer = append(r.Answer, rr)
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	return r
}

func resolver(t *testing.T, c Config, upstreams ...*liar) *Resolver {
	t.Helper()
	for _, l := range upstreams {
		c.Upstreams = append(c.Upstreams, Upstream{network: "udp", address: l.address})
	}
	if c.CacheSize == 0 {
		c.CacheSize = 100
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func question(name string) Question {
	return Question{Name: name, Type: dns.TypeA, Class: dns.ClassINET}
}

func lookup(t *testing.T, r *Resolver, name string, c Chain) Answer {
	t.Helper()
	return r.Lookup(t.Context(), question(name), c)
}

func expect(t *testing.T, a Answer, rcode string, answers ...string) {
	t.Helper()
	if a.RCode() != rcode || strings.Join(a.Answers(), " ") != strings.Join(answers, " ") {
		t.Errorf("%s %q (%s), want %s %q", a.RCode(), a.Answers(), a.Reason(), rcode, answers)
	}
}

func records(t *testing.T, text string) *Records {
	t.Helper()
	r, err := ParseZone(text, "zone")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestChains(t *testing.T) {
	l := newLiar(t, honest(
		"www.corp. 60 IN CNAME a.cdn.", "a.cdn. 60 IN CNAME b.cdn.", "b.cdn. 60 IN A 192.0.2.1",
		"into.corp. 60 IN CNAME static.corp.", "static.corp. 60 IN A 203.0.113.9",
		"loop.corp. 60 IN CNAME pool.corp.", "pool.corp. 60 IN CNAME loop.corp.",
		"local.corp. 60 IN A 127.0.0.1", "mixed.corp. 60 IN A 127.0.0.1", "mixed.corp. 60 IN A 192.0.2.4",
	))
	r := resolver(t, Config{Records: records(t, "static.corp. A 192.0.2.7\nout.corp. CNAME www.corp.\n")}, l)
	t.Run("whole", func(t *testing.T) {
		expect(t, lookup(t, r, "www.corp", Chain{}), "NOERROR", "a.cdn", "b.cdn", "192.0.2.1")
	})
	t.Run("from static to upstream", func(t *testing.T) {
		expect(t, lookup(t, r, "out.corp", Chain{}), "NOERROR", "www.corp", "a.cdn", "b.cdn", "192.0.2.1")
	})
	t.Run("from upstream to static", func(t *testing.T) {
		expect(t, lookup(t, r, "into.corp", Chain{}), "NOERROR", "static.corp", "192.0.2.7")
	})
	t.Run("loop", func(t *testing.T) { expect(t, lookup(t, r, "loop.corp", Chain{}), "SERVFAIL") })
	t.Run("denied target", func(t *testing.T) {
		var seen []string
		a := lookup(t, r, "www.corp", Chain{Judge: judge{deny: func(target string) string {
			seen = append(seen, target)
			return map[string]string{"b.cdn.": "no"}[target]
		}}})
		expect(t, a, "NXDOMAIN")
		if a.DeniedTarget() != "b.cdn" || strings.Join(seen, " ") != "a.cdn. b.cdn." {
			t.Errorf("denied %q, asked about %q", a.DeniedTarget(), seen)
		}
	})
	t.Run("local addresses", func(t *testing.T) {
		a := lookup(t, r, "local.corp", Chain{})
		if expect(t, a, "NOERROR"); !a.Filtered() {
			t.Error("not said to be filtered")
		}
		expect(t, lookup(t, r, "local.corp", Chain{AllowLocal: true}), "NOERROR", "127.0.0.1")
		expect(t, lookup(t, r, "mixed.corp", Chain{}), "NOERROR", "192.0.2.4")
	})
	t.Run("cached", func(t *testing.T) {
		before := l.asked.Load()
		a, ok := r.Cached(question("www.corp"), Chain{})
		if expect(t, a, "NOERROR", "a.cdn", "b.cdn", "192.0.2.1"); !ok || l.asked.Load() != before || a.Source() != SourceCache {
			t.Errorf("ok %v, asked %d, source %s", ok, l.asked.Load()-before, a.Source())
		}
	})
}

func TestChainLength(t *testing.T) {
	var all []string
	for i := range 20 {
		all = append(all, string(rune('a'+i))+".corp. 60 IN CNAME "+string(rune('b'+i))+".corp.")
	}
	all = append(all, "u.corp. 60 IN A 192.0.2.1")
	r := resolver(t, Config{}, newLiar(t, honest(all...)))
	expect(t, lookup(t, r, "a.corp", Chain{}), "SERVFAIL")
	if a := lookup(t, r, "i.corp", Chain{}); a.RCode() != "NOERROR" || len(a.Answers()) != maxHops+1 {
		t.Errorf("a chain of %d: %s %q", maxHops, a.RCode(), a.Answers())
	}
}

// Forged replies are passed over; the true one, which comes last, is taken.
func TestForgedReplies(t *testing.T) {
	r := resolver(t, Config{}, newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		for _, forge := range []func(*dns.Msg){
			func(r *dns.Msg) { r.Id++ },
			func(r *dns.Msg) { r.Response = false },
			func(r *dns.Msg) { r.Question[0].Name = "other.corp." },
			func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeAAAA },
			func(r *dns.Msg) { r.Question = nil },
			func(r *dns.Msg) { r.Opcode = dns.OpcodeNotify },
		} {
			fake := recursive(answerOf("a.corp. 60 IN A 203.0.113.66").records, m)
			forge(fake)
			_ = w.WriteMsg(fake)
		}
		_, _ = w.Write([]byte("garbage"))
		_ = w.WriteMsg(recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m))
	}))
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
}

// Records that nobody asked for are neither given nor remembered.
func TestOutOfBailiwick(t *testing.T) {
	r := resolver(t, Config{}, newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m)
		reply.Answer = append(answerOf("bank.example. 60 IN A 203.0.113.66", "a.corp. 60 IN TXT x").records, reply.Answer...)
		reply.Extra = answerOf("bank.example. 60 IN A 203.0.113.66").records
		_ = w.WriteMsg(reply)
	}))
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	if a, ok := r.Cached(question("bank.example"), Chain{}); ok {
		t.Errorf("remembered: %q", a.Answers())
	}
}

// An upstream that folds the letter case, or cuts its reply short, is asked by TCP.
func TestTCP(t *testing.T) {
	answer := answerOf("abcdefghijklmnopqrstuvwxyz.corp. 60 IN A 192.0.2.1").records
	for name, spoil := range map[string]func(*dns.Msg){
		"folded case": func(r *dns.Msg) { r.Question[0].Name = ascii.Lower(r.Question[0].Name) },
		"TC":          func(r *dns.Msg) { r.Truncated, r.Answer = true, nil },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
				reply := recursive(answer, m)
				if !tcp {
					spoil(reply)
				}
				_ = w.WriteMsg(reply)
			})
			expect(t, lookup(t, resolver(t, Config{}, l), "abcdefghijklmnopqrstuvwxyz.corp", Chain{}), "NOERROR", "192.0.2.1")
			if l.byTCP.Load() != 1 {
				t.Errorf("%d questions by TCP", l.byTCP.Load())
			}
		})
	}
}

// Our own question carries nothing but the name, and its letter case varies.
func TestOurQuestion(t *testing.T) {
	var mu sync.Mutex
	var names []string
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		mu.Lock()
		names = append(names, m.Question[0].Name)
		mu.Unlock()
		o := m.IsEdns0()
		if o == nil || len(o.Option) != 0 || o.UDPSize() != ownUDPSize || o.Do() || len(m.Extra) != 1 || m.CheckingDisabled || m.AuthenticatedData || !m.RecursionDesired {
			t.Errorf("our question: %v", m)
		}
		_ = w.WriteMsg(recursive(nil, m)) // no data, not cached
	})
	r := resolver(t, Config{}, l)
	for range 8 {
		lookup(t, r, "abcdefghijklmnopqrstuvwxyz.corp", Chain{})
	}
	mu.Lock()
	defer mu.Unlock()
	different := map[string]bool{}
	for _, name := range names {
		different[name] = true
	}
	if len(different) < 2 {
		t.Errorf("the letter case of %q does not vary", names)
	}
}

// Upstreams that do not answer fail in time, by name, and the next question tries again.
func TestUpstreamsDown(t *testing.T) {
	silent := newLiar(t, func(dns.ResponseWriter, *dns.Msg, bool) {})
	refusing := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, dns.RcodeRefused))
	})
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := &liar{address: closed.LocalAddr().(*net.UDPAddr).AddrPort()}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	good := newLiar(t, honest("a.corp. 60 IN A 192.0.2.1"))
	for name, c := range map[string]struct {
		upstreams []*liar
		ede       uint16
	}{
		"silent":         {[]*liar{silent}, EDENoReachableAuthority},
		"refusing":       {[]*liar{refusing}, EDENoReachableAuthority},
		"nobody there":   {[]*liar{gone}, EDENetworkError},
		"none":           {nil, EDENetworkError},
		"silent, good":   {[]*liar{silent, good}, 0},
		"refusing, good": {[]*liar{refusing, good}, 0},
		"gone, good":     {[]*liar{gone, good}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, Config{Timeout: time.Second}, c.upstreams...)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			for range 2 {
				a := r.Lookup(ctx, question("a.corp"), Chain{})
				if c.ede == 0 {
					expect(t, a, "NOERROR", "192.0.2.1")
					continue
				}
				if a.RCode() != "SERVFAIL" || !a.Failed() || len(a.ede) != 1 || a.ede[0].InfoCode != c.ede {
					t.Errorf("%s, %v, %s", a.RCode(), a.ede, a.Reason())
				}
			}
			if ctx.Err() != nil {
				t.Error("it took too long")
			}
		})
	}
}

// Equal questions in flight are asked once.
func TestAskedOnce(t *testing.T) {
	release := make(chan struct{})
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		<-release
		_ = w.WriteMsg(recursive(answerOf("a.corp. 0 IN A 192.0.2.1").records, m))
	})
	r := resolver(t, Config{}, l)
	var all sync.WaitGroup
	var entered sync.WaitGroup
	for range 20 {
		entered.Add(1)
		all.Go(func() {
			entered.Done()
			expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
		})
	}
	entered.Wait()
	close(release)
	all.Wait()
	if n := l.asked.Load(); n > 5 { // a late goroutine may find the first answer gone: its time to live is 0
		t.Errorf("asked %d times", n)
	}
}

func TestNegativeAnswers(t *testing.T) {
	soa := answerOf("corp. 60 IN SOA ns.corp. root.corp. 1 2 3 4 30").records
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := new(dns.Msg).SetReply(m)
		switch ascii.Lower(m.Question[0].Name) {
		case "absent.corp.":
			reply.Rcode, reply.Ns = dns.RcodeNameError, soa
		case "empty.corp.":
			reply.Ns = soa
		}
		_ = w.WriteMsg(reply)
	})
	r := resolver(t, Config{}, l)
	for name, c := range map[string]struct {
		rcode string
		times int64
	}{"absent.corp": {"NXDOMAIN", 1}, "empty.corp": {"NOERROR", 1}, "bare.corp": {"NOERROR", 2}} {
		before := l.asked.Load()
		for range 2 {
			expect(t, lookup(t, r, name, Chain{}), c.rcode)
		}
		if n := l.asked.Load() - before; n != c.times {
			t.Errorf("%s was asked %d times, want %d", name, n, c.times)
		}
	}
}

// Names and types that nobody is asked for.
func TestLocalAnswers(t *testing.T) {
	r := resolver(t, Config{Records: records(t, "a.corp. TXT hello\na.corp. LOC 1 N 1 E 1m\nc.corp. CNAME a.corp.\n")}, newLiar(t, func(_ dns.ResponseWriter, m *dns.Msg, _ bool) {
		t.Errorf("asked: %v", m.Question)
	}))
	for _, c := range []struct {
		name string
		kind uint16
		want string
	}{
		{"localhost", dns.TypeA, "127.0.0.1"},
		{"x.localhost", dns.TypeAAAA, "::1"},
		{"localhost", dns.TypeMX, ""},
		{"a.corp", dns.TypeTXT, `"hello"`},
		{"a.corp", dns.TypeA, ""},
		{"b.corp", dns.TypeHINFO, ""},
		{"a.corp", dns.TypeANY, `"hello" 01 00 0.000 N 01 00 0.000 E 1m 1m 10000m 10m`},
		{"b.corp", dns.TypeANY, `"RFC8482" ""`},
		{"c.corp", dns.TypeANY, "a.corp"},
	} {
		a, ok := r.Cached(Question{Name: c.name, Type: c.kind, Class: dns.ClassINET}, Chain{})
		if got := strings.Join(a.Answers(), " "); !ok || got != c.want || a.RCode() != "NOERROR" {
			t.Errorf("%s %s: %q, %s, %v", c.name, TypeString(c.kind), got, a.RCode(), ok)
		}
	}
}

// The system's resolv.conf is read again when it changes.
func TestSystemChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	s := &servers{configured: []Upstream{{}}, path: path, failed: map[Upstream]time.Time{}}
	if order, err := s.order("a.corp"); len(order) != 0 || err == nil {
		t.Errorf("no file: %v, %v", order, err)
	}
	for text, want := range map[string]string{
		"nameserver 192.0.2.1\nsearch corp\n": "192.0.2.1:53",
		"# nobody\n":                          "",
		"nameserver ::1\nnameserver 192.0.2.2\noptions ndots:5\n":     "[::1]:53 192.0.2.2:53",
		"nameserver fe80::1%eth0\n":                                   "[fe80::1%eth0]:53",
		strings.Repeat("nameserver 192.0.2.3\n", 5):                   "192.0.2.3:53 192.0.2.3:53 192.0.2.3:53",
		"nameserver not-an-address\nnameserver 192.0.2.9\n# longer\n": "192.0.2.9:53",
	} {
		temporary := path + ".new"
		if err := os.WriteFile(temporary, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temporary, path); err != nil {
			t.Fatal(err)
		}
		order, err := s.order("a.corp")
		var got []string
		for _, u := range order {
			got = append(got, u.address.String())
		}
		if strings.Join(got, " ") != want || (want == "") != (err != nil) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestParseUpstream(t *testing.T) {
	for text, want := range map[string]string{
		"system": "invalid AddrPort", "udp://192.0.2.1": "192.0.2.1:53", "udp://192.0.2.1:5353": "192.0.2.1:5353",
		"tcp://[2001:db8::1]:53": "[2001:db8::1]:53", "tcp://2001:db8::1": "[2001:db8::1]:53", "udp://[fe80::1%eth0]": "[fe80::1%eth0]:53",
	} {
		if u, err := ParseUpstream(text); err != nil || u.address.String() != want {
			t.Errorf("%s: %v, %v", text, u.address, err)
		}
	}
	for _, bad := range []string{"", "192.0.2.1", "udp://", "udp://example.com", "quic://192.0.2.1", "udp://192.0.2.1:0", "udp://192.0.2.1:99999", "udp://192.0.2.1/"} {
		if u, err := ParseUpstream(bad); err == nil {
			t.Errorf("%q became %v", bad, u)
		}
	}
}
