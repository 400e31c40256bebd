package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSpecialOf(t *testing.T) {
	for name, want := range map[string]Special{
		"localhost": Localhost, "a.LocalHost.": Localhost, "printer.local": Local, "x.y.onion": Onion, "a.test": Test,
		"invalid": Invalid, "x.alt": Alt, "nas.home.arpa": HomeARPA, "_dns.resolver.arpa": ResolverARPA,
		"_ipps._tcp.default.service.arpa": ServiceARPA, "eap.arpa": EAPARPA, "eap-noob.arpa": EAPNOOBARPA, "6tisch.arpa": SixTiSCHARPA,
		"1.2.0.192.in-addr.arpa": ReverseIPv4, "254.169.in-addr.arpa": ReverseIPv4, "8.b.d.0.1.0.0.2.ip6.arpa": ReverseIPv6,
		"use-application-dns.net": FirefoxCanary, "a.use-application-dns.net": FirefoxCanary,
		`My\032Printer._ipp._tcp.local`: Local,
		"example":                       Ordinary, "example.com": Ordinary, "arpa": Ordinary, "ipv4only.arpa": Ordinary, "e164.arpa": Ordinary,
		"notlocal": Ordinary, "local.example": Ordinary, "xhome.arpa": Ordinary, "home.arpa.example": Ordinary, "net": Ordinary,
		"internal": Ordinary, "": Ordinary, ".": Ordinary,
	} {
		if got := SpecialOf(name); got != want {
			t.Errorf("%q is of %s, want %s", name, got, want)
		}
	}
}

func TestSpecialZones(t *testing.T) {
	for z := Localhost; z <= FirefoxCanary; z++ {
		if z.String() != z.Zone() || z.Source() == "" || SpecialOf(z.Zone()) != z || strings.Count(z.Zone(), ".") > 1 {
			t.Errorf("%d: %q of %q", z, z.Zone(), z.Source())
		}
	}
	for _, z := range []Special{Ordinary, FirefoxCanary + 1} {
		if z.Zone() != "" || z.Source() != "" || z.String() != "ordinary" {
			t.Errorf("%d: %q of %q", z, z.Zone(), z.Source())
		}
	}
}

func TestNamed(t *testing.T) {
	for _, tt := range []struct {
		rule, name string
		named      bool
	}{
		{"allow foo.local", "foo.local", true},
		{"allow *.local", "foo.local", false},
		{"allow **.local", "local", false},
		{"allow *.lab.test", "x.lab.test", true},
		{"allow **.lab.test", "lab.test", true},
		{"allow a*.lab.test", "ab.lab.test", true},
		{"allow api-*.test", "api-1.test", false},
		{"allow **.a*.test", "ab.test", false},
		{"allow foo.local", "_ldap._tcp.foo.local", true},
		{"allow *.ad.home.arpa", "x.ad.home.arpa", true},
		{"allow *.168.192.in-addr.arpa", "1.0.168.192.in-addr.arpa", true},
		{"allow use-application-dns.net", "use-application-dns.net", true},
		{"deny *.local", "foo.local", false},
		{"allow *", "foo.local", false},
		{"allow *.*", "foo.local", false},
		{"allow *.loca?", "foo.local", false},
		{"allow *local", "foo.local", false},
		{"allow foo.*", "foo.local", false},
		{"allow **.l*", "foo.local", false},
		{"allow **.arpa", "foo.home.arpa", false},
		{"allow *.?rpa", "foo.home.arpa", false},
		{"allow *.net", "use-application-dns.net", false},
		{"allow example.com", "example.com", false},
		{"allow x.test", "y.test", false},
	} {
		set := ruleSet(t, tt.rule)
		if d := set.Decide(tt.name); d.Named != tt.named || d.Special != SpecialOf(tt.name) {
			t.Errorf("%s: %s is %+v", tt.rule, tt.name, d)
		}
	}
}

// TestNamedRulesStayInside: a rule that names a zone matches no name outside of it.
func TestNamedRulesStayInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.SampledFrom([]string{"local", "home", "arpa", "test", "a", "*", "?", "a*", "*l", "loca?", "net", "use-application-dns"})
		text := rapid.SampledFrom([]string{"", "*.", "**."}).Draw(t, "form") + strings.Join(rapid.SliceOfN(label, 1, 3).Draw(t, "labels"), ".")
		p, err := ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		plain := rapid.SampledFrom([]string{"local", "home", "arpa", "test", "a", "xlocal", "net", "use-application-dns"})
		names := rapid.SliceOfN(rapid.Map(rapid.SliceOfN(plain, 1, 4), func(l []string) string { return strings.Join(l, ".") }), 2, 2).Draw(t, "names")
		set := New([]Rule{{Pattern: p, Effect: Allow}})
		first, second := set.Decide(names[0]), set.Decide(names[1])
		if first.Named && second.Rule != nil && second.Special != first.Special {
			t.Fatalf("%s names %s, and matches %q of %s", p, first.Special, names[1], second.Special)
		}
		if zone := p.unasked(); zone != Ordinary && first.Rule != nil && (first.Special != zone || first.Named) {
			t.Fatalf("%s is said to lead to no upstream, and %q is %+v", p, names[0], first)
		}
		if p.Exact() && first.Rule != nil && first.Named != (first.Special != Ordinary) {
			t.Fatalf("%s is exact: %+v", p, first)
		}
	})
}
