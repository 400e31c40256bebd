package documents

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unsaid are texts that nobody gets to see, each with the reason.
var unsaid = map[string]string{
	"exit status …": "of a status without an error, of which nothing is written",
	"write":         "a mark within the carrying of a connection",
}

// TestTroubleshooting: each message of the program has an entry in docs/troubleshooting.md, and there is no entry for another.
func TestTroubleshooting(t *testing.T) {
	said, explained := messages(t), explained(t)
	for _, text := range slices.Sorted(maps.Keys(said)) {
		if unsaid[text] == "" && explained[text] == 0 {
			t.Errorf("%s: docs/troubleshooting.md does not explain `%s`", said[text], text)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(explained)) {
		if said[text] == "" {
			t.Errorf("docs/troubleshooting.md explains `%s`, which nothing says", text)
		}
		if explained[text] > 1 {
			t.Errorf("docs/troubleshooting.md explains `%s` %d times", text, explained[text])
		}
	}
	for text := range unsaid {
		if said[text] == "" {
			t.Errorf("%q is not in the source any more", text)
		}
	}
	if len(said) < 300 {
		t.Errorf("only %d messages were found", len(said))
	}
}

// explained are the messages of the page's tables, with how often each is there.
func explained(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile(root + "/docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	code := regexp.MustCompile("`([^`]*)`")
	table := false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "| message |"):
			table = true
		case !strings.HasPrefix(line, "|"):
			table = false
		case table:
			first, _, _ := strings.Cut(line[1:], " | ")
			for _, m := range code.FindAllStringSubmatch(first, -1) {
				found[m[1]]++
			}
		}
	}
	return found
}
