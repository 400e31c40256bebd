package resolve

import (
	"bytes"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"pgregory.net/rapid"
)

// Whatever is asked and answered, the plain way gives what the library packs, or leaves it to that; and it is what addresses take.
func TestPlainResponseIsWhatTheLibraryPacks(t *testing.T) {
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{".", "a.", "a.a.", "a.test.", "aa.a.test.", `a\.b.test.`, `\000\255x.test.`, strings.Repeat("abcdefghi.", 25)}).Draw(t, "name")
		cased := func(label string) string {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, label), 0))
			return strings.Map(func(c rune) rune {
				if 'a' <= c && c <= 'z' && r.IntN(2) == 0 {
					return c - 'a' + 'A'
				}
				return c
			}, name)
		}
		q := randomQuery(t, cased("asked"))
		a := Answer{known: rapid.IntRange(0, 9).Draw(t, "known") > 0}
		if rapid.IntRange(0, 5).Draw(t, "refused") == 0 {
			a.rcode = rapid.IntRange(0, 20).Draw(t, "rcode")
		}
		addressed := rapid.IntRange(0, 2).Draw(t, "addressed") == 0
		if addressed {
			a.addresses = randomAddresses(t, cased("owner"))
		}
		for range rapid.IntRange(0, 6).Draw(t, "records") {
			if addressed {
				break
			}
			a.records = append(a.records, randomRecord(t, cased("owner")))
		}
		if rapid.IntRange(0, 7).Draw(t, "authority") == 0 {
			a.authority = syntheticSOA(q.question)
		}
		if rapid.IntRange(0, 7).Draw(t, "ede") == 0 {
			a = a.withEDE(EDEStaleAnswer, "late")
		}
		limit := rapid.SampledFrom([]int{20, 60, 512, 1232, tcpLimit}).Draw(t, "limit")
		want := q.packed(a, limit)
		got := q.plain(a, limit, bytes.Repeat([]byte{0xff}, rapid.SampledFrom([]int{0, 100, 600}).Draw(t, "room")))
		if got != nil && !bytes.Equal(got, want) {
			t.Fatalf("%+v\n%x, want\n%x", a, got, want)
		}
		if got != nil {
			plain++
		}
		ordinary := q.rcode == 0 && name != "." && a.known && a.rcode == 0 && len(a.all()) > 0 && a.authority == nil && a.ede == nil && want[2]&2 == 0
		for _, rr := range a.all() {
			ordinary = ordinary && addressOctets(rr) != nil && strings.EqualFold(rr.Header().Name, name)
		}
		if ordinary && limit >= 512 && got == nil {
			t.Fatalf("%+v takes the long way", a)
		}
	})
	if plain == 0 {
		t.Error("no response was plain")
	}
}

func randomQuery(t *rapid.T, name string) *Query {
	m := dns.Msg{}
	m.Id, m.RecursionDesired, m.CheckingDisabled = rapid.Uint16().Draw(t, "id"), rapid.Bool().Draw(t, "rd"), rapid.Bool().Draw(t, "cd")
	m.Question = []dns.Question{{Name: name, Qtype: rapid.SampledFrom([]uint16{dns.TypeA, dns.TypeAAAA, dns.TypeTXT, dns.TypeAXFR}).Draw(t, "type"), Qclass: dns.ClassINET}}
	if rapid.Bool().Draw(t, "edns") {
		m.SetEdns0(rapid.SampledFrom([]uint16{0, 512, 600, 4096}).Draw(t, "size"), rapid.Bool().Draw(t, "do"))
	}
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseQuery(wire, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &q
}

func randomAddresses(t *rapid.T, name string) addresses {
	a := addresses{name: name, kind: rapid.SampledFrom([]uint16{dns.TypeA, dns.TypeAAAA}).Draw(t, "kind"), ttl: rapid.Uint32().Draw(t, "ttl")}
	n := addressWidth(a.kind) * rapid.IntRange(0, 6).Draw(t, "count")
	a.octets = rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "octets")
	return a
}

// randomRecord is mostly an address of the name.
func randomRecord(t *rapid.T, name string) dns.RR {
	kind := rapid.IntRange(0, 20).Draw(t, "kind")
	if kind == 0 {
		name = "other." + strings.TrimPrefix(name, "other.")[max(0, len(name)-200):]
	}
	h := dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: rapid.Uint32().Draw(t, "ttl")}
	octets := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "octets")
	switch {
	case kind == 1:
		h.Rrtype = dns.TypeCNAME
		return &dns.CNAME{Hdr: h, Target: name}
	case kind == 2:
		return &dns.A{Hdr: h}
	case kind < 8:
		h.Rrtype = dns.TypeAAAA
		return &dns.AAAA{Hdr: h, AAAA: octets}
	case kind < 12:
		return &dns.A{Hdr: h, A: net.IPv4(octets[0], octets[1], octets[2], octets[3])} // in sixteen octets
	}
	return &dns.A{Hdr: h, A: octets[:4]}
}
