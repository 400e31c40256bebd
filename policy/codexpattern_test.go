package policy

import (
	"strings"
	"testing"
)

func TestParseCodexPattern(t *testing.T) {
	for _, row := range []struct {
		pattern string
		yes, no string
	}{
		{"example.com", "example.com EXAMPLE.com example.com.", "a.example.com xexample.com example.co example.com.x"},
		{" Example.COM. ", "example.com", "a.example.com"},
		{"example.com:443", "example.com", "example.com.443"},
		{"*.example.com", "a.example.com b.a.example.com _x.example.com", "example.com aexample.com"},
		{"*.example.com.:443", "a.example.com", "example.com"},
		{"**.example.com", "example.com a.example.com b.a.example.com", "aexample.com"},
		{"*", "a example.com a.b.c", ""},
		{"[*]:443", "a example.com", ""},
		{"*.*", "a.b a.b.c", "a"},
		{"**.*", "a a.b", ""},
		{"*.a*.test", "x.ab.test x.y.a.b.test", "ab.test"},
		{"region*.v2.example.com", "region.v2.example.com region1.v2.example.com region.a.v2.example.com", "xregion.v2.example.com a.region1.v2.example.com"},
		{"a?c.com", "abc.com a-c.com a.c.com", "ac.com abbc.com"},
		{"bücher.example", "", "xn--bcher-kva.example"},
		{".lead.test", "", "lead.test a.lead.test"},
		{"a:b:c", "", "a"},
		{"a..com", "", "a.com"},
		{"127.0.0.1", "", "127.0.0.1 a"},
		{"[::1]", "", "a"},
		{"[fe80::1%25eth0]:9", "", "a"},
		{"1.2.3.*", "1.2.3.x", "1.2.3"},
	} {
		pattern, err := ParseCodexPattern(row.pattern, Allow)
		if err != nil {
			t.Errorf("%q: %v", row.pattern, err)
			continue
		}
		set := New([]Rule{{Pattern: pattern, Effect: Allow}})
		for want, names := range map[Effect]string{Allow: row.yes, Deny: row.no} {
			for name := range strings.FieldsSeq(names) {
				normal, err := Normalise(name)
				if err != nil || set.Decide(normal).Effect != want {
					t.Errorf("%q: %s is not answered with %s (%v)", row.pattern, name, want, err)
				}
			}
		}
	}
}

func TestRefusedCodexPattern(t *testing.T) {
	for problem, patterns := range map[string][]string{
		`spaces, braces and slashes of either kind are not of a pattern`:           {"https://a.test", "a.test/b", "{a,b}.test", "a b.test", `a\b.test`, "*. a.test"},
		"two stars together are not of a pattern but at its beginning, with a dot": {"**", "***", "a**.test", "*.**.test"},
		"brackets are for an IPv6 address, or for [*]":                             {"a[0-9].test", "[a.test]", "[::1", "::1]", "[1.2.3.4]", "[::1]x", "[::1]:[", "x[].test"},
		"it is empty":                 {"", " ", ".", "*.", "**.", ":443", "*.:1"},
		"it is too long":              {strings.Repeat("a", maxText+1)},
		"everything cannot be denied": {"*", "*:443", "[*]", " * ", "**.*"},
	} {
		for _, pattern := range patterns {
			_, err := ParseCodexPattern(pattern, Deny)
			if err == nil || !strings.HasSuffix(err.Error(), ": "+problem) {
				t.Errorf("%q: %v, not %s", pattern, err, problem)
			}
		}
	}
}
