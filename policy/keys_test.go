package policy

import (
	"os"
	"regexp"
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
