package resolve

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/miekg/dns"
	"pgregory.net/rapid"
)

// TestKeptIsTheStep: whatever is kept comes back as it was, with what is left of its time, and as another's own.
func TestKeptIsTheStep(t *testing.T) {
	addresses := map[uint16][]string{
		dns.TypeA:    {"a.test. A 192.0.2.1", "a.test. A 192.0.2.2", "a.test. A 192.0.2.3"},
		dns.TypeAAAA: {"a.test. AAAA 2001:db8::1", "a.test. AAAA ::ffff:192.0.2.1"},
	}
	strangers := []string{
		"b.test. A 192.0.2.4", "b.test. AAAA 2001:db8::2", "a.test. A 192.0.2.5", "a.test. AAAA 2001:db8::3", "a.test. CNAME c.test.", "a.test. TXT x",
		"a.test. RRSIG A 8 2 60 20300101000000 20250101000000 1 test. AAAA",
	}
	rapid.Check(t, func(t *rapid.T) {
		rarely := func(what string) bool { return rapid.IntRange(0, 5).Draw(t, what) == 5 }
		key := stepKey{name: "a.test.", kind: rapid.SampledFrom([]uint16{dns.TypeA, dns.TypeAAAA}).Draw(t, "kind")}
		s := step{ttl: time.Minute}
		for _, line := range rapid.SliceOfN(rapid.SampledFrom(addresses[key.kind]), 0, 3).Draw(t, "records") {
			s.records = append(s.records, received(t, line))
		}
		if rarely("stranger") {
			s.records = append(s.records, received(t, rapid.SampledFrom(strangers).Draw(t, "record")))
		}
		if rarely("target") {
			s.target = "c.test."
		}
		if rarely("negative") {
			s.rcode = dns.RcodeNameError
		}
		if rarely("authority") {
			s.soa = received(t, "test. SOA a.test. b.test. 1 2 3 4 5")
		}
		if rarely("proof") {
			s.proof = []dns.RR{received(t, "a.test. NSEC b.test. A")}
		}
		k := newKept(key, s, 0)
		want := s.aged(41 * time.Second)
		for range 2 {
			got := k.step(key, 41*time.Second)
			if told(got) != told(want) {
				t.Fatalf("%s\nis kept as\n%s", told(want), told(got))
			}
			for _, rr := range got.all() {
				rr.Header().Ttl, rr.Header().Name = 1, "other."
			}
		}
	})
}

// told is all of a step.
func told(s step) string {
	return fmt.Sprintln(s.target, s.rcode, s.soa, s.ttl) + fmt.Sprintln(s.all()) + fmt.Sprintln(s.proof)
}

func (s step) all() []dns.RR { return Answer{addresses: s.addresses, records: s.records}.all() }

// received is a record as it comes from a server.
func received(t *rapid.T, line string) dns.RR {
	rr, err := dns.NewRR(line)
	if err == nil {
		rr, err = canonical(rr)
	}
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return rr
}

// TestAddressesAreKeptSmall: it is what most of a full cache is. As steps with records of their own they took 400 bytes each.
func TestAddressesAreKeptSmall(t *testing.T) {
	const names, most = 1 << 16, 256 // bytes each; it was 240
	c, err := newCache(names, 0, time.Hour, 0)
	must(t, err)
	runtime.GC()
	before := inUse()
	for i := range names {
		q := question(fmt.Sprintf("%x.test", i))
		rr, err := canonical(&dns.A{Hdr: dns.RR_Header{Name: q.Name + ".", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: []byte{192, 0, 2, 1}})
		must(t, err)
		for key, s := range takeApart(q, &dns.Msg{Answer: []dns.RR{rr}}) {
			c.put(key, s)
		}
	}
	runtime.GC()
	if each := (inUse() - before) / names; each > most || c.entries.Len() != names {
		t.Errorf("%d names take %d bytes each, want at most %d", c.entries.Len(), each, most)
	}
}
