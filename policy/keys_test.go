package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocsKnowTheKeys: every key and table of a policy file is in the docs.
func TestDocsKnowTheKeys(t *testing.T) {
	paths, err := filepath.Glob("../docs/policy*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no docs: %v", err)
	}
	var docs strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		docs.WriteString("\n" + string(text))
	}
	_, section, _ := strings.Cut(docs.String(), "\n## Every key\n")
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
