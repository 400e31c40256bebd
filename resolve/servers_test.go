package resolve

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

func plain53(l *liar) Upstream { return Upstream{network: "udp", address: l.address} }

// Names of a domain with servers of its own are asked there and nowhere else; the longest domain holds.
func TestSplitHorizon(t *testing.T) {
	public := newLiar(t, honest("a.test. 60 IN A 192.0.2.1", "a.corp. 60 IN A 203.0.113.66", "into.test. 60 IN CNAME b.corp.", "b.corp. 60 IN A 203.0.113.66"))
	inside := newLiar(t, honest("a.corp. 60 IN A 10.0.0.1", "b.corp. 60 IN A 10.0.0.2", "corp. 60 IN A 10.0.0.3", "out.corp. 60 IN CNAME a.test.", "a.test. 60 IN A 10.66.66.66"))
	deeper := newLiar(t, honest("a.lab.corp. 60 IN A 10.1.0.1"))
	r := resolver(t, Config{Zones: []Zone{
		{Domain: "corp", Upstreams: []Upstream{plain53(inside)}}, {Domain: "lab.corp", Upstreams: []Upstream{plain53(deeper)}}, {Domain: "nobody.test"},
	}}, public)
	for name, want := range map[string]string{
		"a.test": "192.0.2.1", "a.corp": "10.0.0.1", "corp": "10.0.0.3", "a.lab.corp": "10.1.0.1",
		// What one side says of the other's names is not believed.
		"into.test": "b.corp 10.0.0.2", "out.corp": "a.test 192.0.2.1",
		// The last label but one is not corp's: it has a dot in it.
		`x\.corp`: "",
	} {
		a := lookup(t, r, name, Chain{})
		if got := strings.Join(a.Answers(), " "); got != want || a.RCode() != "NOERROR" {
			t.Errorf("%s: %s %q (%s), want %q", name, a.RCode(), got, a.Reason(), want)
		}
	}
	before := public.asked.Load()
	if a := lookup(t, r, "a.nobody.test", Chain{}); a.RCode() != "SERVFAIL" || public.asked.Load() != before {
		t.Errorf("a domain without servers: %s, %d asked elsewhere", a.RCode(), public.asked.Load()-before)
	}
}

// refuse answers SERVFAIL.
func refuse(w dns.ResponseWriter, m *dns.Msg, _ bool) {
	_ = w.WriteMsg(new(dns.Msg).SetRcode(m, dns.RcodeServerFailure))
}

// An upstream that refuses one name is asked for the next one as before; one that is dead is not.
func TestHealth(t *testing.T) {
	good := honest("a.corp. 60 IN A 192.0.2.1", "b.corp. 60 IN A 192.0.2.1")
	first := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
		if ascii.Lower(m.Question[0].Name) == "a.corp." {
			refuse(w, m, tcp)
			return
		}
		good(w, m, tcp)
	})
	second := newLiar(t, good)
	r := resolver(t, Config{}, first, second)
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	expect(t, lookup(t, r, "b.corp", Chain{}), "NOERROR", "192.0.2.1")
	if a, b := first.asked.Load(), second.asked.Load(); a != 2 || b != 1 {
		t.Errorf("one that refused a name: asked %d times, the other %d", a, b)
	}
	silent := newLiar(t, func(dns.ResponseWriter, *dns.Msg, bool) {})
	r = resolver(t, Config{Timeout: time.Second}, silent, second)
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	expect(t, lookup(t, r, "b.corp", Chain{}), "NOERROR", "192.0.2.1")
	if n := silent.asked.Load(); n != 1 {
		t.Errorf("one that is dead: asked %d times", n)
	}
}

// Where all refuse, each is asked once, and one that is silent beside them once more.
func TestRefusedOnce(t *testing.T) {
	first, second := newLiar(t, refuse), newLiar(t, refuse)
	silent := newLiar(t, func(dns.ResponseWriter, *dns.Msg, bool) {})
	a := lookup(t, resolver(t, Config{Timeout: time.Second}, first, silent, second), "a.corp", Chain{})
	expect(t, a, "SERVFAIL")
	if first.asked.Load() != 1 || second.asked.Load() != 1 || silent.asked.Load() != 2 {
		t.Errorf("asked %d, %d and %d times", first.asked.Load(), second.asked.Load(), silent.asked.Load())
	}
	for _, l := range []*liar{first, second, silent} {
		if !strings.Contains(a.Reason(), plain53(l).String()) {
			t.Errorf("%s is missing: %s", l.address, a.Reason())
		}
	}
}

// In a race a silent upstream costs its head start, once: then it is asked last. One that answers is asked alone.
func TestRace(t *testing.T) {
	silent := newLiar(t, func(dns.ResponseWriter, *dns.Msg, bool) {})
	good := newLiar(t, honest("a.corp. 60 IN A 192.0.2.1", "b.corp. 60 IN A 192.0.2.1"))
	third := newLiar(t, honest())
	c := Config{Order: Race, Timeout: 4 * time.Second}
	r := resolver(t, c, silent, good, third)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // less than silent's share of the time
	defer cancel()
	expect(t, r.Lookup(ctx, question("a.corp"), Chain{}), "NOERROR", "192.0.2.1")
	expect(t, r.Lookup(ctx, question("b.corp"), Chain{}), "NOERROR", "192.0.2.1")
	if silent.asked.Load() != 1 || third.asked.Load() != 0 {
		t.Errorf("the silent one was asked %d times, the third %d", silent.asked.Load(), third.asked.Load())
	}
}

// In a race the next is asked at once when one fails.
func TestRaceWithFailures(t *testing.T) {
	good := newLiar(t, honest("a.corp. 60 IN A 192.0.2.1"))
	refusing := []*liar{newLiar(t, refuse), newLiar(t, refuse), newLiar(t, refuse)}
	r := resolver(t, Config{Order: Race, Timeout: time.Second}, append(refusing, good)...)
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	for _, l := range refusing {
		if l.asked.Load() != 1 {
			t.Errorf("one that refuses was asked %d times", l.asked.Load())
		}
	}
}
