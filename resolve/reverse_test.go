package resolve

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"pgregory.net/rapid"
)

// The library's own reverse names are those that are read, and nothing that is longer or shorter is.
func TestParseReverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 4, 4)
		if rapid.Bool().Draw(t, "v6") {
			bytes = rapid.SliceOfN(rapid.Byte(), 16, 16)
		}
		addr, _ := netip.AddrFromSlice(bytes.Draw(t, "address"))
		name, err := dns.ReverseAddr(addr.WithZone("").String())
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimSuffix(name, ".")
		if got, ok := ParseReverse(name); !ok || got.Unmap() != addr.Unmap() {
			t.Fatalf("%s is %s, %v, not %s", name, got, ok, addr)
		}
		_, part, _ := strings.Cut(name, ".")
		for _, other := range []string{part, "1." + name, "0" + name, name + ".test", "x" + part} {
			if got, ok := ParseReverse(other); ok {
				t.Fatalf("%s is %s", other, got)
			}
		}
	})
}

func reverse(name string) Question {
	return Question{Name: name, Type: dns.TypePTR, Class: dns.ClassINET}
}

func pointers(t *testing.T, r *Resolver, name string, c Chain) Answer {
	t.Helper()
	a := r.Lookup(t.Context(), reverse(name), c)
	if cached, ok := r.Cached(reverse(name), c); !ok || strings.Join(cached.Answers(), " ") != strings.Join(a.Answers(), " ") || cached.RCode() != a.RCode() {
		t.Errorf("%s: %s %q, and from the cache %s %q, %v", name, a.RCode(), a.Answers(), cached.RCode(), cached.Answers(), ok)
	}
	return a
}

func TestNamesOfAddresses(t *testing.T) {
	l := newLiar(t, honest(
		"1.2.0.192.in-addr.arpa. 60 IN PTR good.corp.", "good.corp. 60 IN A 192.0.2.1",
		"2.2.0.192.in-addr.arpa. 60 IN PTR bad.corp.", "bad.corp. 60 IN A 192.0.2.99",
		"3.2.0.192.in-addr.arpa. 60 IN PTR denied.corp.", "denied.corp. 60 IN A 192.0.2.3",
		"4.2.0.192.in-addr.arpa. 60 IN PTR bad.corp.", "4.2.0.192.in-addr.arpa. 60 IN PTR four.corp.", "four.corp. 60 IN A 192.0.2.4",
		"5.2.0.192.in-addr.arpa. 60 IN CNAME 5.0/29.2.0.192.in-addr.arpa.", "5.0/29.2.0.192.in-addr.arpa. 60 IN PTR five.corp.", "five.corp. 60 IN A 192.0.2.5",
		`6.2.0.192.in-addr.arpa. 60 IN PTR od\000d.corp.`, `od\000d.corp. 60 IN A 192.0.2.6`,
	))
	r := resolver(t, Config{CacheSize: 100, Own: []netip.Addr{netip.MustParseAddr("192.0.2.77")}, Records: records(t, "own.test. A 192.0.2.50\n")}, l)
	chain := Chain{Confirm: true, Judge: judge{deny: func(name string) string {
		if name == "denied.corp." {
			return "a rule"
		}
		return ""
	}}}
	name := func(last string) string { return last + ".2.0.192.in-addr.arpa" }

	expect(t, pointers(t, r, name("1"), chain), "NOERROR", "good.corp.")
	expect(t, pointers(t, r, name("4"), chain), "NOERROR", "four.corp.")
	expect(t, pointers(t, r, name("5"), chain), "NOERROR", "5.0/29.2.0.192.in-addr.arpa", "five.corp.")
	for _, last := range []string{"2", "6"} {
		a := pointers(t, r, name(last), chain)
		if expect(t, a, "NXDOMAIN"); !a.Unconfirmed() || a.Reason() == "" {
			t.Errorf("%s: unconfirmed %v, because %q", last, a.Unconfirmed(), a.Reason())
		}
	}
	if a := pointers(t, r, name("3"), chain); a.DeniedTarget() != "denied.corp" || a.RCode() != "NXDOMAIN" {
		t.Errorf("a denied name: %s, %q", a.RCode(), a.DeniedTarget())
	}
	expect(t, pointers(t, r, name("2"), Chain{}), "NOERROR", "bad.corp.")

	before := l.asked.Load()
	expect(t, pointers(t, r, name("50"), chain), "NOERROR", "own.test.")
	expect(t, pointers(t, r, name("77"), chain), "NOERROR", "localhost.")
	expect(t, pointers(t, r, "1.0.0.127.in-addr.arpa", chain), "NOERROR", "localhost.")
	expect(t, pointers(t, r, strings.Repeat("0.", 31)+"ip6.arpa", Chain{Judge: judge{ask: NoName}}), "NXDOMAIN")
	if asked := l.asked.Load() - before; asked != 0 {
		t.Errorf("an upstream was asked %d times", asked)
	}
}

func TestDerived(t *testing.T) {
	a := answerOf(
		"a.corp. 60 IN CNAME b.corp.", "b.corp. 30 IN A 192.0.2.1", "b.corp. 30 IN AAAA 2001:db8::1", "_ldap._tcp.a.corp. 10 IN SRV 0 0 389 S.corp.",
		"a.corp. 60 IN MX 0 .", "a.corp. 60 IN HTTPS 1 . ipv4hint=192.0.2.2 ipv6hint=2001:db8::2", "a.corp. 60 IN HTTPS 0 svc.corp.",
		"d.corp. 60 IN DNAME e.corp.", `a.corp. 60 IN PTR My\ Printer.corp.`, "a.corp. 60 IN NS ns.corp.", "a.corp. 60 IN TXT text.corp.",
	)
	var got []string
	for d := range a.Derived() {
		text := d.Name
		if d.Name == "" {
			text = d.Addr.String()
		}
		got = append(got, text+" "+d.TTL.String())
	}
	want := `b.corp 1m0s, 192.0.2.1 30s, 2001:db8::1 30s, s.corp 10s, 192.0.2.2 1m0s, 2001:db8::2 1m0s, svc.corp 1m0s, e.corp 1m0s, my\ printer.corp 1m0s`
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}
