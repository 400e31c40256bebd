package suggest

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

const written = `# What would have allowed what was denied: 2 rules for 12 names, 2026-03-04 09:05 to 2026-03-05 10:05 UTC.
# Read each line before you keep it: what a rule allows, every program of the run may ask for.
[network.domains]
"api.example.com" = "allow" # twice, by /usr/bin/curl, /tmp/\u001b[31mgit, 2026-03-04 09:05 to 2026-03-05 10:05 (A, AAAA)
"*.cdn.example.com" = "allow" # 9 times, by /usr/bin/curl, 2026-03-04 09:05 (A); 9 names: n0.cdn.example.com, n1.cdn.example.com, n2.cdn.example.com, …

# LOOKS LIKE DATA, and gets no rule: whoever answers for such a name reads what a program wrote in it:
#   4d5a90000300000004000000ffff0000b800000000000000.example.com (a long label): once, by /usr/bin/curl, 2026-03-04 09:05 (A)
#
# A rule denies these, which no rule that allows outweighs: remove that one, if they shall be allowed:
#   secret.example.com (denied by secret.*): once, by /usr/bin/curl, 2026-03-04 09:05 (A)
`

// What a person reads.
func TestTOML(t *testing.T) {
	events := append(numbered(9, "cdn.example.com"), denied("api.example.com"), denied("4d5a90000300000004000000ffff0000b800000000000000.example.com"),
		because("secret.example.com", audit.ReasonDenied, "secret.*"),
		changed("api.example.com", func(e *review.Event) {
			e.QuestionType, e.Executable, e.Time = "AAAA", "/tmp/\x1b[31mgit", start.Add(25*time.Hour)
		}))
	got, err := suggest(Options{}, events...).TOML(policy.DomainsTable)
	if err != nil || got != written {
		t.Errorf("%v\n%s", err, got)
	}
	if got, err := suggest(Options{}).TOML(policy.DomainsTable); err != nil || got != "# No name was denied.\n" {
		t.Errorf("%v %q", err, got)
	}
}

// hostile draws names that want to be more than names, and some that are.
func hostile() *rapid.Generator[string] {
	odd := []string{
		`"`, `'`, `'''`, `"""`, "\n", "\r\n", "\u2028", "\u202e", `\`, `\u0041`, "#", "=", "]", "[", "{", "}", ",", "*", "?", "**.", "*.", ".", "..", "\x00", "\xff", "é", "ß", "K", "xn--a", "a", "Example", "example.com",
		`" = "allow"`, "\n[network.domains]\n\"*\" = \"allow\"\n", "_ldap._tcp.", "192.0.2.1", "[::1]", ":", "%", "/", " ", "in-addr.arpa", "localhost",
	}
	return rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(odd), rapid.StringN(0, 3, 10)), 0, 5), func(all []string) string { return strings.Join(all, "") })
}

// Whatever the names, and who asked: each format parses, and has exactly the suggested names, each of which was asked for.
func TestNothingIsInterpreted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SliceOfN(hostile(), 1, 12).Draw(t, "names")
		var events []*review.Event
		for _, name := range asked {
			events = append(events, changed(name, func(e *review.Event) {
				e.Executable, e.QuestionType = hostile().Draw(t, "program"), hostile().Draw(t, "type")
				e.Reason = rapid.SampledFrom([]string{"not_allowed", "denied", "budget", "not_allowed_local"}).Draw(t, "reason")
				e.Rule = hostile().Draw(t, "rule")
			}))
		}
		srt := func(pattern string) string { return map[bool]string{true: "no dot"}[!strings.Contains(pattern, ".")] }
		s, forSRT := suggest(Options{Siblings: 3}, events...), suggest(Options{Siblings: 3, Takes: srt}, events...)
		for _, pattern := range s.patterns() {
			p, err := policy.ParsePattern(pattern)
			if err != nil || p.Exact() && !slices.ContainsFunc(asked, func(a string) bool { n, err := policy.Normalise(a); return err == nil && n == pattern }) {
				t.Fatalf("nobody asked for %q, %v", pattern, err)
			}
		}
		text, err := s.TOML(policy.DomainsTable)
		if err != nil {
			t.Fatal(err)
		}
		printable(t, text)
		file, err := policy.Parse("p", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		same(t, s.patterns(), file.Rules)
		profile := hostile().Draw(t, "profile")
		if text, err = s.TOML(policy.CodexDomainsTable(profile)); err == nil {
			printable(t, text)
			codex := policy.Codex{Config: []policy.CodexFile{{Name: "c", Data: []byte(text)}}, Profile: profile}
			if _, err := codex.Policy(); err != nil && len(s.Rules) > 0 && !strings.HasPrefix(profile, ":") && profile != "" {
				t.Fatalf("%v\n%s", err, text)
			}
		}
		settings, err := forSRT.SRT()
		if err != nil {
			t.Fatal(err)
		}
		read, err := policy.ParseSRT("s", []byte(settings))
		if err != nil {
			t.Fatalf("%v\n%s", err, settings)
		}
		same(t, forSRT.patterns(), read)
		if text, err := json.Marshal(s); err != nil || !json.Valid(text) {
			t.Fatal(err)
		}
	})
}

func printable(t *rapid.T, text string) {
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r < ' ' && r != '\n' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x202e
	}); i >= 0 {
		t.Fatalf("%q", text)
	}
}

func same(t *rapid.T, patterns []string, rules []policy.Rule) {
	var read []string
	for _, r := range rules {
		if r.Effect == policy.Allow {
			read = append(read, r.Pattern.String())
		}
	}
	slices.Sort(patterns)
	slices.Sort(read)
	if !slices.Equal(patterns, read) || len(rules) != len(read) {
		t.Fatalf("%q is read as %q", patterns, read)
	}
}

var update = flag.Bool("update", false, "write above.txt anew")

// above.txt is what the list of public suffixes that is compiled in says: the domains above a suffix that are none themselves.
func TestAbove(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "publicsuffix", "data", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	l := list{read("text"), read("nodes"), read("children")}
	found := l.above(0, topLevels, "")
	slices.Sort(found)
	if got := strings.Fields(aboveText); !slices.Equal(got, found) {
		if *update {
			if err := os.WriteFile("above.txt", []byte(strings.Join(found, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("%d domains, not %d: -update writes them", len(found), len(got))
	}
}

// topLevels is how many top-level domains golang.org/x/net v0.62.0 has.
const topLevels = 1450

// list is the tree of public suffixes in the form of golang.org/x/net/publicsuffix/table.go.
type list struct{ text, nodes, children []byte }

func (l list) above(from, to int, parent string) (found []string) {
	for i := from; i < to; i++ {
		node, child := 0, 0
		for _, b := range l.nodes[5*i : 5*i+5] {
			node = node<<8 | int(b)
		}
		for _, b := range l.children[4*(node>>23&0x3ff) : 4*(node>>23&0x3ff)+4] {
			child = child<<8 | int(b)
		}
		name := strings.TrimSuffix(string(l.text[node>>6&0xffff:][:node&0x3f])+"."+parent, ".")
		first, last, kind, wild := child&0x3fff, child>>14&0x3fff, child>>28&3, child>>30&1
		if kind == 2 && (last > first || wild == 1) {
			found = append(found, name)
		}
		found = append(found, l.above(first, last, name)...)
	}
	return found
}

// Names that are written differently and are one get one rule.
func TestOneNameWrittenTwice(t *testing.T) {
	s := suggest(Options{}, denied("api.example.com\ufeff"), denied("api.example.com"))
	text, err := s.TOML(policy.DomainsTable)
	if err != nil || strings.Count(text, "\"api.example.com\"") != 1 || s.Rules[0].Seen.Times != 2 {
		t.Errorf("%v, %+v\n%s", err, s.Rules, text)
	}
}
