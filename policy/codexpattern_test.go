package policy

import (
	"strings"
	"testing"
)

// codexRow is a pattern of Codex's with names it matches and names it does not. tests/clients asks Codex itself.
var codexRows = []struct {
	pattern string
	yes, no string
}{
	{"example.com", "example.com EXAMPLE.com example.com.", "a.example.com xexample.com example.co example.com.x"},
	{" Example.COM. ", "example.com", "a.example.com"},
	{"example.com:443", "example.com", "example.com.443"},
	{"[example.com]:443", "example.com", "443"},
	{"[a-c].example.com", "a-c", "a.example.com b.example.com"},
	{"*.example.com", "a.example.com b.a.example.com _x.example.com", "example.com aexample.com"},
	{"*.example.com.:443", "a.example.com", "example.com"},
	{"**.example.com", "example.com a.example.com b.a.example.com", "aexample.com"},
	{"*", "a example.com a.b.c", ""},
	{"**", "a example.com", ""},
	{"***", "a example.com", ""},
	{"*.*", "a.b a.b.c", "a"},
	{"**.*", "a a.b", ""},
	{"**/example.com", "example.com", "a.example.com"},
	{"**/**/example.com", "example.com", "a.example.com"},
	{"a**/b.com", "", "a/b.com ab.com b.com"},
	{"region*.v2.example.com", "region.v2.example.com region1.v2.example.com region.a.v2.example.com", "xregion.v2.example.com a.region1.v2.example.com"},
	{"a?c.com", "abc.com a-c.com a.c.com", "ac.com abbc.com"},
	{"x[0-2].com", "x0.com x1.com x2.com", "x3.com x.com"},
	{"x[!0-2].com", "x3.com xa.com x-.com x..com", "x0.com x.com"},
	{"x[^a-z].com", "x0.com", "xa.com"},
	{"x[A-C].com", "xa.com", "xd.com"},
	{"x[]-].com", "x-.com", "xa.com"},
	{"x[a-].com", "x-.com xa.com", "xb.com"},
	{"x[--0].com", "x-.com x..com x0.com", "x1.com"},
	{"x.[{}].com", "", "x.a.com"},
	{"{a,b}.com", "a.com b.com", "c.com {a,b}.com"},
	{"{a,{b,c}d}.com", "a.com bd.com cd.com", "b.com"},
	{"x{,a}.com", "xa.com", "x.com"},
	{"x{,}.com", "x.com", "xa.com"},
	{"x{/,b}.com", "xb.com", "x.com"},
	{"x{a*,?}.com", "xa.com xabc.com xb.com", "x.com xbc.com"},
	{`a\*.com`, "", "ab.com a.com"},
	{`a\b.com`, "ab.com", `a\b.com`},
	{"bücher.example", "", "xn--bcher-kva.example"},
	{"https://example.com", "https", "example.com"},
	{"example.com/path", "", "example.com"},
	{"a..com", "", "a.com"},
	{"", "", "a"},
	{"*.", "", "a a.b"},
	{"127.0.0.1", "", "127.0.0.1 a"},
	{"[::1]", "", "a"},
	{"1.2.3.*", "1.2.3.x", "1.2.3"},
}

func TestParseCodexPattern(t *testing.T) {
	for _, row := range codexRows {
		patterns, err := ParseCodexPattern(row.pattern, Allow)
		if err != nil {
			t.Errorf("%q: %v", row.pattern, err)
			continue
		}
		var rules []Rule
		for _, p := range patterns {
			rules = append(rules, Rule{Pattern: p, Effect: Allow})
		}
		set := New(rules)
		for want, names := range map[Effect]string{Allow: row.yes, Deny: row.no} {
			for name := range strings.FieldsSeq(names) {
				normal, err := Normalise(name)
				if err == nil && set.Decide(normal).Effect != want {
					t.Errorf("%q: %s is not answered with %s", row.pattern, name, want)
				}
			}
		}
	}
}

func TestRefusedCodexPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, problem string
		effect           Effect
	}{
		{"x[a.com", "it has a [ without its ]", Allow},
		{"x[].com", "it has a [ without its ]", Allow},
		{"x[b-a].com", "the range b-a goes backwards", Allow},
		{"{a.com", "it has a { without its }", Allow},
		{"{a,{b}.com", "it has a { without its }", Allow},
		{"a}.com", "it has a } without its {", Allow},
		{`a\`, `it ends in a \`, Allow},
		{"*", "it denies everything, which Codex refuses", Deny},
		{"*:443", "it denies everything, which Codex refuses", Deny},
		{"**.*", "it denies everything, which Codex refuses", Deny},
		{"x[!a][!a].com", "its classes and alternatives come to more than 1024 patterns", Allow},
		{strings.Repeat("{a,b}", 11), "its classes and alternatives come to more than 1024 patterns", Allow},
		{strings.Repeat("a", maxText+1), "it is longer than 2048 bytes", Allow},
	} {
		_, err := ParseCodexPattern(c.pattern, c.effect)
		want := `pattern "` + cut(c.pattern) + `": ` + c.problem
		if err == nil || strings.ReplaceAll(err.Error(), `\\`, `\`) != want {
			t.Errorf("%q: %v, not %s", c.pattern, err, want)
		}
	}
}
