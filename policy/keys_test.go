package policy

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocsKnowTheKeys: every key and table of a policy file is in the docs.
func TestDocsKnowTheKeys(t *testing.T) {
	docs, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(docs), "\n## Every key\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, table := range []string{domainsTable, "dns", upstreamsTable, "dns.budget", "dns.records"} {
		_, rest, ok := strings.Cut(section, "\n### `["+table+"]`\n")
		if !ok {
			t.Errorf("the docs have no [%s]", table)
		}
		rest, _, _ = strings.Cut(rest, "\n### ")
		for key := range knownKeys {
			if parent, name := cutLast(key); parent == table && !strings.Contains(rest, "\n| `"+name+"`") && !strings.Contains(rest, ", `"+name+"` |") {
				t.Errorf("the docs have no %s", key)
			}
		}
	}
}

func cutLast(key string) (table, name string) {
	i := strings.LastIndexByte(key, '.')
	return key[:i], key[i+1:]
}

// TestDocsExamples: the examples are policies, and but for the one that says so, none has anything to warn of.
func TestDocsExamples(t *testing.T) {
	text, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	var warned []string
	examples := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllSubmatch(text, -1)
	for _, example := range examples {
		f, err := Parse("example", example[1])
		if len(CodexProfiles(example[1])) > 0 {
			var codex *CodexPolicy
			codex, err = (&Codex{Config: []CodexFile{{"example", example[1]}}}).Policy()
			f = &File{Rules: codex.Rules}
		}
		if err != nil {
			t.Errorf("%v in\n%s", err, example[1])
			continue
		}
		for _, w := range append(Check(f.Rules), CheckUnasked(f.Rules)...) {
			warned = append(warned, w.Msg)
		}
	}
	if diff := cmp.Diff([]string{"* allows names of every domain"}, warned); diff != "" || len(examples) < 3 {
		t.Errorf("%d examples: %s", len(examples), diff)
	}
}

// TestDocsBounds: of each key in the docs' tables, its bounds and its words are accepted, and what is beyond them is not.
func TestDocsBounds(t *testing.T) {
	docs, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	var tried []string
	for _, table := range []string{"dns", "dns.budget"} {
		_, section, _ := strings.Cut(string(docs), "\n### `["+table+"]`\n")
		section, _, _ = strings.Cut(section, "\n### ")
		for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\| ([^|]*) \\| ([^|]*) \\| ([^|]*) \\|").FindAllStringSubmatch(section, -1) {
			for _, key := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(row[1], -1) {
				good, bad := documentedBounds(t, row[2], row[4])
				for _, value := range good {
					if _, err := Parse("docs", []byte("["+table+"]\n"+key[1]+" = "+value)); err != nil {
						t.Errorf("%v", err)
					}
				}
				for _, value := range bad {
					if _, err := Parse("docs", []byte("["+table+"]\n"+key[1]+" = "+value)); err == nil {
						t.Errorf("%s = %s is accepted", key[1], value)
					}
				}
				if len(good) > 0 {
					tried = append(tried, key[1])
				}
			}
		}
	}
	if len(tried) < 15 {
		t.Errorf("only the bounds of %q are tried", tried)
	}
}

// documentedBounds are values of TOML within and beyond the bounds of a row: "0 to 24 h", "1 to 65536", words between backticks.
func documentedBounds(t *testing.T, kind, bounds string) (good, bad []string) {
	t.Helper()
	for _, word := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(bounds, -1) {
		good, bad = append(good, strconv.Quote(word[1])), []string{`"` + word[1] + `s"`, "1"}
	}
	m := regexp.MustCompile(`^([0-9.]+)( ms)? to ([0-9.]+)( [hsd])?`).FindStringSubmatch(bounds)
	switch {
	case m == nil:
	case kind == "integer":
		least, most := atoi(t, m[1]), atoi(t, m[3])
		good, bad = []string{m[1], m[3]}, []string{strconv.Itoa(least - 1), strconv.Itoa(most + 1)}
	case kind == "duration":
		most := m[3] + strings.TrimSpace(m[4])
		if m[4] == " d" {
			most = strconv.Itoa(24*atoi(t, m[3])) + "h"
		}
		least := m[1] + "s"
		if m[2] != "" {
			least = m[1] + "ms"
		}
		good, bad = []string{strconv.Quote(least), strconv.Quote(most)}, []string{`"-1s"`, strconv.Quote(most + "1s")}
		if least != "0s" {
			bad = append(bad, `"0s"`)
		}
	}
	return good, bad
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
