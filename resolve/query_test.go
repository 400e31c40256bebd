package resolve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// pack is a query as a well-behaved client sends it.
func pack(t *testing.T, name string, kind uint16, change func(*dns.Msg)) []byte {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), kind)
	if change != nil {
		change(m)
	}
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

func parse(t *testing.T, wire []byte) *Query {
	t.Helper()
	q, err := ParseQuery(wire, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &q
}

func unpack(t *testing.T, wire []byte) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	if err := m.Unpack(wire); err != nil {
		t.Fatalf("a response that cannot be read: %v\n%x", err, wire)
	}
	return m
}

func TestParseQuery(t *testing.T) {
	q := parse(t, pack(t, "WwW.Example", dns.TypeAAAA, func(m *dns.Msg) { m.SetEdns0(4096, true) }))
	if got := q.Question(); got != (Question{Name: "www.example", Type: dns.TypeAAAA, Class: dns.ClassINET, DNSSEC: true, dotted: "www.example."}) || q.Malformed() != 0 {
		t.Errorf("%+v, %d", got, q.Malformed())
	}
	if root := parse(t, pack(t, ".", dns.TypeA, nil)).Question(); root.Name != "" {
		t.Errorf("the root is %q", root.Name)
	}
	odd := parse(t, pack(t, `a\.b\000\200.Test`, dns.TypeA, nil)).Question()
	if odd.Name != `a\.b\000\200.test` {
		t.Errorf("odd octets are %q", odd.Name)
	}
}

// What cannot be answered is told so, and by the right RCODE.
func TestMalformed(t *testing.T) {
	good := func() []byte { return pack(t, "a.test", dns.TypeA, nil) }
	change := func(f func(b []byte) []byte) []byte { return f(good()) }
	opt := func(f func(*dns.OPT)) []byte {
		return pack(t, "a.test", dns.TypeA, func(m *dns.Msg) {
			m.SetEdns0(1232, false)
			f(m.IsEdns0())
		})
	}
	for name, c := range map[string]struct {
		wire []byte
		want int
	}{
		"two questions":     {change(func(b []byte) []byte { b[5] = 2; return b }), dns.RcodeFormatError},
		"no question":       {change(func(b []byte) []byte { b[5] = 0; return b[:12] }), dns.RcodeFormatError},
		"an answer in it":   {change(func(b []byte) []byte { b[7] = 1; return b }), dns.RcodeFormatError},
		"trailing bytes":    {change(func(b []byte) []byte { return append(b, 0) }), dns.RcodeFormatError},
		"cut in the name":   {change(func(b []byte) []byte { return b[:15] }), dns.RcodeFormatError},
		"cut in the type":   {change(func(b []byte) []byte { return b[:len(b)-1] }), dns.RcodeFormatError},
		"a pointer":         {change(func(b []byte) []byte { b[12], b[13] = 0xc0, 12; return b }), dns.RcodeFormatError},
		"an extended label": {change(func(b []byte) []byte { b[12] = 0x41; return b }), dns.RcodeFormatError},
		"a record past end": {change(func(b []byte) []byte { b[11] = 1; return b }), dns.RcodeFormatError},
		"opcode STATUS":     {change(func(b []byte) []byte { b[2] |= 2 << 3; return b }), dns.RcodeNotImplemented},
		"opcode UPDATE":     {change(func(b []byte) []byte { b[2] |= 5 << 3; return b }), dns.RcodeNotImplemented},
		"class CH":          {change(func(b []byte) []byte { b[len(b)-1] = 3; return b }), dns.RcodeRefused},
		"type AXFR":         {pack(t, "a.test", dns.TypeAXFR, nil), dns.RcodeRefused},
		"EDNS version 1":    {opt(func(o *dns.OPT) { o.SetVersion(1) }), dns.RcodeBadVers},
		"OPT not of root":   {opt(func(o *dns.OPT) { o.Hdr.Name = "a." }), dns.RcodeFormatError},
		"two OPTs":          {pack(t, "a.test", dns.TypeA, func(m *dns.Msg) { m.SetEdns0(1232, false); m.Extra = append(m.Extra, m.Extra[0]) }), dns.RcodeFormatError},
		"an option past end": {func() []byte {
			b := opt(func(o *dns.OPT) { o.Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")}} })
			b[len(b)-2] = 9
			return b
		}(), dns.RcodeFormatError},
		"unknown option": {opt(func(o *dns.OPT) { o.Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")}} }), 0},
	} {
		t.Run(name, func(t *testing.T) {
			q := parse(t, c.wire)
			if q.Malformed() != c.want {
				t.Fatalf("%s, want %s", dns.RcodeToString[q.Malformed()], dns.RcodeToString[c.want])
			}
			m := unpack(t, q.Response(Answer{}, 512, nil))
			if c.want != 0 && (m.Rcode != c.want || len(m.Answer) != 0 || m.Id != q.ID() || !m.Response) {
				t.Errorf("answered by %v", m)
			}
		})
	}
	for name, wire := range map[string][]byte{"nothing": nil, "half a header": good()[:11], "an answer": change(func(b []byte) []byte { b[2] |= 0x80; return b })} {
		if _, err := ParseQuery(wire, nil); !errors.Is(err, ErrIgnore) {
			t.Errorf("%s: %v, want to be ignored", name, err)
		}
	}
}

// FORMERR without EDNS says that EDNS is unknown here, and the client would do without from then on; RFC 6891 section 6.1.1.
func TestMalformedWithEDNS(t *testing.T) {
	edns := func(change func(*dns.Msg)) []byte {
		return pack(t, "a.test", dns.TypeA, func(m *dns.Msg) { m.SetEdns0(1232, true); change(m) })
	}
	cut := edns(func(m *dns.Msg) { m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")}} })
	cut[len(cut)-2] = 9
	for name, wire := range map[string][]byte{
		"no question":           edns(func(m *dns.Msg) { m.Question = nil }),
		"two questions":         edns(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }),
		"an option past end":    cut,
		"octets behind the OPT": append(edns(func(*dns.Msg) {}), 0),
	} {
		m := unpack(t, parse(t, wire).Response(Answer{}, 512, nil))
		if o := m.IsEdns0(); m.Rcode != dns.RcodeFormatError || o == nil || o.Version() != 0 || !o.Do() {
			t.Errorf("%s: %v", name, m)
		}
	}
}

func answerOf(records ...string) Answer {
	a := Answer{known: true, source: SourceRecord}
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err)
		}
		a.records = append(a.records, rr)
	}
	return a
}

// The response is built for the client: id, letter case, flags, and EDNS only where it was asked for.
func TestResponseIsForTheClient(t *testing.T) {
	a := answerOf("a.test. 60 IN CNAME b.test.", "b.test. 60 IN A 192.0.2.1")
	q := parse(t, pack(t, "A.tEsT", dns.TypeA, func(m *dns.Msg) { m.Id = 4711; m.CheckingDisabled = true }))
	m := unpack(t, q.Response(a, 65535, nil))
	if m.Id != 4711 || !m.RecursionDesired || !m.RecursionAvailable || !m.CheckingDisabled || m.Authoritative || m.AuthenticatedData || len(m.Extra) != 0 {
		t.Errorf("%v", m)
	}
	if m.Question[0].Name != "A.tEsT." || m.Answer[0].Header().Name != "A.tEsT." || m.Answer[1].Header().Name != "b.test." {
		t.Errorf("letter case: %v", m)
	}
	m = unpack(t, parse(t, pack(t, "a.test", dns.TypeA, func(m *dns.Msg) { m.SetEdns0(1232, true) })).Response(a.withEDE(EDEBlocked, "why"), 65535, nil))
	if o := m.IsEdns0(); o == nil || !o.Do() || len(o.Option) != 1 || o.Option[0].String() != "15 (Blocked): (why)" {
		t.Errorf("EDNS: %v", m)
	}
}

// What does not fit gets TC, at the client's limit, and never a byte more.
func TestResponseFits(t *testing.T) {
	var records []string
	for range 60 {
		records = append(records, "a.test. 60 IN TXT "+strings.Repeat("x", 20+len(records)))
	}
	a := answerOf(records...)
	for name, c := range map[string]struct {
		edns  uint16
		limit int
		cut   bool
	}{
		"without EDNS":    {0, 65507, true},
		"1232":            {1232, 65507, true},
		"65535 by UDP":    {65535, 65507, false},
		"less than 512":   {100, 65507, true},
		"TCP":             {0, 65535, false},
		"TCP with EDNS":   {512, 65535, false},
		"a smaller limit": {4096, 600, true},
	} {
		t.Run(name, func(t *testing.T) {
			wire := parse(t, pack(t, "a.test", dns.TypeTXT, func(m *dns.Msg) {
				if c.edns > 0 {
					m.SetEdns0(c.edns, false)
				}
			})).Response(a, c.limit, nil)
			m := unpack(t, wire)
			if m.Truncated != c.cut || (len(m.Answer) == 60) == c.cut || len(wire) > c.limit || c.cut && len(wire) > max(int(c.edns), 512) {
				t.Errorf("%d bytes, TC %v, %d records", len(wire), m.Truncated, len(m.Answer))
			}
		})
	}
}

func TestDenied(t *testing.T) {
	q := parse(t, pack(t, "x.test", dns.TypeA, func(m *dns.Msg) { m.SetEdns0(1232, false) }))
	for mode, want := range map[DenyMode]int{DenyNXDomain: dns.RcodeNameError, DenyRefused: dns.RcodeRefused, DenyNoData: dns.RcodeSuccess} {
		m := unpack(t, q.Response(Denied(q.Question(), mode, "because"), 512, nil))
		if m.Rcode != want || len(m.Answer) != 0 || (mode != DenyRefused && len(m.Ns) != 1) || m.IsEdns0().Option[0].String() != "15 (Blocked): (because)" {
			t.Errorf("mode %d: %v", mode, m)
		}
	}
	if m := unpack(t, q.Response(Answer{}, 512, nil)); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("the zero answer: %v", m)
	}
}

// Names that share a place are not each other's, in whatever case and by however many at once.
func TestNamesAreTheirOwn(t *testing.T) {
	names := NewNames()
	wires := make([][]byte, 4*len(names.slots))
	for i := range wires {
		wires[i] = pack(t, fmt.Sprintf("%d.TesT.", i), dns.TypeA, nil)
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for i, wire := range wires {
				name := fmt.Sprintf("%d.TesT.", i)
				q, err := ParseQuery(wire, names)
				if err != nil || q.asked != name || q.Question().Name != fmt.Sprintf("%d.test", i) {
					t.Errorf("%s is read as %+v, %v", name, q, err)
				}
			}
		})
	}
	asking.Wait()
}

// Whatever a client sends, it is what the oracle reads, and its response can be read, repeats its id, and fits.
func FuzzParseQuery(f *testing.F) {
	files, err := filepath.Glob("testdata/queries/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		wire, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	big := answerOf("a.test. 60 IN A 192.0.2.1")
	for len(big.records) < 100 {
		big.records = append(big.records, big.records[0])
	}
	names := NewNames()
	f.Fuzz(func(t *testing.T, wire []byte) {
		checkQuery(t, wire)
		q, err := ParseQuery(wire, nil)
		for range 2 { // the second time the name is remembered
			if again, aerr := ParseQuery(wire, names); again != q || !errors.Is(aerr, err) {
				t.Errorf("with names remembered: %+v, %v, want %+v, %v", again, aerr, q, err)
			}
		}
		if err != nil {
			return
		}
		for _, a := range []Answer{{}, big, Denied(q.Question(), DenyNXDomain, "no")} {
			for _, limit := range []int{512, 65507, 65535} {
				response := q.Response(a, limit, nil)
				if m := unpack(t, response); m.Id != q.ID() || !m.Response || len(response) > limit {
					t.Errorf("%x is answered by %x", wire, response)
				}
			}
		}
	})
}
