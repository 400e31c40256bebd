package policy

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

func mustPattern(tb testing.TB, s string) Pattern {
	tb.Helper()
	p, err := ParsePattern(s)
	if err != nil {
		tb.Fatalf("ParsePattern(%q): %v", s, err)
	}
	return p
}

func TestPatternMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		yes, no []string
	}{
		{"example.com", []string{"example.com"}, []string{"www.example.com", "xexample.com", "example.com.evil.test", "com", ""}},
		{"*.example.com", []string{"a.example.com", "a.b.example.com"}, []string{"example.com", "xexample.com", ".example.com", "example.com.evil.test", ""}},
		{"**.example.com", []string{"example.com", "a.example.com", "a.b.example.com"}, []string{"xexample.com", "com", ""}},
		{"*", []string{"", "a", "a.b.test", "127.0.0.1"}, []string{"A", "a..b", `a\.b`, "a."}},
		{"a", []string{"a"}, []string{"a.test", "aa", ""}},
		{"test", []string{"test"}, []string{"a.test"}},
		{"*.test", []string{"a.test", "a.b.test"}, []string{"test", "atest"}},
		// Codex's own table of mid-label globs, network-proxy/src/policy.rs.
		{"region*.v2.argotunnel.com", []string{"region1.v2.argotunnel.com", "region.v2.argotunnel.com"}, []string{"xregion1.v2.argotunnel.com", "foo.region1.v2.argotunnel.com"}},
		{"api-?.test", []string{"api-1.test"}, []string{"api-.test", "api-12.test", "xapi-1.test"}},
		{"a*.test", []string{"a.test", "ab.test", "a.b.test"}, []string{"test", "b.a.test"}},
		{"a?b.test", []string{"a.b.test", "axb.test"}, []string{"ab.test", "axxb.test"}},
		{"foo.*", []string{"foo.test", "foo.a.test"}, []string{"foo", "xfoo.test"}},
		{"*.*", []string{"a.b", "a.b.c"}, []string{"a", ""}},
		{"*.a*.test", []string{"x.ab.test", "x.y.a.test"}, []string{"ab.test", "a.test"}},
		{"**.a*.test", []string{"x.ab.test", "ab.test", "a.test"}, []string{"ba.test"}},
		{"*foo.test", []string{"foo.test", "xfoo.test", "x.foo.test"}, []string{"foo.tests"}},
		{"_kerberos._udp.example.com", []string{"_kerberos._udp.example.com"}, []string{"kerberos._udp.example.com"}},
		{"127.0.0.1", nil, []string{"127.0.0.1", ""}},
		{"[::1]", nil, []string{"::1", "[::1]"}},
	} {
		p := mustPattern(t, tt.pattern)
		for _, name := range tt.yes {
			if !p.Match(name) {
				t.Errorf("%q does not match %q", tt.pattern, name)
			}
		}
		for _, name := range tt.no {
			if p.Match(name) {
				t.Errorf("%q matches %q", tt.pattern, name)
			}
		}
	}
	if (Pattern{}).Match("") || (Pattern{}).Match("a") {
		t.Error("the zero pattern matches a name")
	}
}

func TestPatternString(t *testing.T) {
	for in, want := range map[string]string{
		"Example.COM.":       "example.com",
		"*.Example.COM.":     "*.example.com",
		"**.EXAMPLE.com":     "**.example.com",
		"**":                 "*",
		"***":                "*",
		"***.a.test":         "*.a.test",
		"a**b.test":          "a*b.test",
		"**.**.a.test":       "**.*.a.test",
		"**foo.test":         "*foo.test",
		"bücher.test":        "xn--bcher-kva.test",
		"*.BÜCHER.test":      "*.xn--bcher-kva.test",
		"ｅｘａｍｐｌｅ.test":       "example.test",
		"faß.test":           "xn--fa-hia.test",
		"a.b。test":           "a.b.test",
		"XN--BCHER-KVA.test": "xn--bcher-kva.test",
		"192.0.2.1":          "192.0.2.1",
		"192.0.2.1.":         "192.0.2.1",
		"[2001:DB8::1]":      "2001:db8::1",
		"2001:db8:0::1":      "2001:db8::1",
		"[fe80::1%25lo0]":    "fe80::1%lo0",
		"fe80::1%lo0":        "fe80::1%lo0",
	} {
		if got := mustPattern(t, in).String(); got != want {
			t.Errorf("ParsePattern(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPatternErrors(t *testing.T) {
	long := strings.Repeat("a", 64)
	for in, want := range map[string]string{
		"":                              "names nothing",
		".":                             "names nothing",
		"..":                            "empty label",
		"*.":                            "no name after the wildcard",
		"**.":                           "no name after the wildcard",
		"*..":                           "no name after the wildcard",
		"*...":                          "empty label",
		".example.com":                  "empty label",
		"a..b":                          "empty label",
		"a.b..":                         "empty label",
		"*..a":                          "empty label",
		"a..*":                          "empty label",
		"a,b":                           "',' is not allowed",
		"a b":                           "' ' is not allowed",
		" a":                            "' ' is not allowed",
		"a\n":                           `'\n' is not allowed`,
		"a\x00":                         `'\x00' is not allowed`,
		`a\.b`:                          `'\\' is not allowed`,
		`\000`:                          `'\\' is not allowed`,
		"https://a.test":                "':' is not allowed",
		"a.test:443":                    "':' is not allowed",
		"a.test/x":                      "'/' is not allowed",
		"10.0.0.0/8":                    "'/' is not allowed",
		"[a-z].test":                    "'[' is not allowed",
		"{a,b}.test":                    "'{' is not allowed",
		"!a.test":                       "'!' is not allowed",
		"[192.0.2.1]":                   "'[' is not allowed",
		"[::1]:53":                      "'[' is not allowed",
		"192.0.2.1%lo":                  "'%' is not allowed",
		"fe80::1%":                      "':' is not allowed",
		"fe80::1%a\nb":                  "':' is not allowed",
		long + ".test":                  "more than 63",
		"*" + long + ".test":            "more than 63",
		"*." + long:                     "more than 63",
		"bü*.test":                      "mixes a glob",
		"＊.test":                        "stands for a glob",
		"\u00ad.test":                   "empty label",
		"\xff.test":                     "not valid UTF-8",
		"xn--a-ä.test":                  "cannot be encoded",
		strings.Repeat("a.", 127) + "a": "longer than 253",
		strings.Repeat("a", maxText+1):  "longer than 2048",
		strings.Repeat("*.", maxText):   "longer than 2048",
	} {
		p, err := ParsePattern(in)
		failure, ok := errors.AsType[*PatternError](err)
		if !ok || !strings.Contains(failure.Problem, want) || p != (Pattern{}) {
			t.Errorf("ParsePattern(%q) = %q, %v; want an error with %q", in, p, err, want)
			continue
		}
		if !strings.Contains(failure.Hint(), "**.example.com") || len(err.Error()) > 600 {
			t.Errorf("ParsePattern(%q): hint %q, message %q", in, failure.Hint(), err)
		}
	}
}

// A comma is the mistake that a user of other tools makes, so its hint says what to do instead.
func TestPatternHints(t *testing.T) {
	for in, want := range map[string]string{"a,b": "repeat the flag", "a.test:443": "without scheme", "[ab].test": "only * and ?"} {
		_, err := ParsePattern(in)
		failure, ok := errors.AsType[*PatternError](err)
		if !ok || !strings.Contains(failure.Hint(), want) {
			t.Errorf("ParsePattern(%q): %v, want a hint with %q", in, err, want)
		}
	}
}

func TestPatternExact(t *testing.T) {
	for in, want := range map[string]bool{"a.test": true, "*.a.test": false, "**.a.test": false, "a?.test": false, "*": false, "::1": false} {
		if got := mustPattern(t, in).Exact(); got != want {
			t.Errorf("%q: Exact is %t", in, got)
		}
	}
}

// TestPatternRoundTrip: the normalised text is the pattern.
func TestPatternRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(\*{0,3}\.)?([a-cA-Cü*?-]{0,3}\.){0,3}[a-c*?]{1,3}\.?`).Draw(t, "pattern")
		checkRoundTrip(t, text)
	})
}

func checkRoundTrip(t rapid.TB, text string) {
	p, err := ParsePattern(text)
	if err != nil {
		return
	}
	again, err := ParsePattern(p.String())
	if err != nil || again != p {
		t.Fatalf("%q is %q (%#v), which is %#v, %v", text, p, p, again, err)
	}
}

func FuzzParsePattern(f *testing.F) {
	f.Add("**.a*.test", "x.a.test")
	f.Fuzz(func(t *testing.T, text, name string) {
		checkRoundTrip(t, text)
		p, err := ParsePattern(text)
		if err != nil {
			return
		}
		if normal, err := Normalise(name); p.Match(name) && (err != nil || normal != name) {
			t.Fatalf("%q matches %q, which is not normalised", p, name)
		}
		if set := New([]Rule{{Pattern: p, Effect: Allow}}); p.Match(name) != (set.Decide(name).Effect == Allow) && ascii.Lower(strings.TrimSuffix(name, ".")) == name {
			t.Fatalf("%q: Match(%q) is %t, the set disagrees", p, name, p.Match(name))
		}
	})
}
