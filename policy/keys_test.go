package policy

import (
	"os"
	"strings"
	"testing"
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
