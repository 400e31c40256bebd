package sys

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/kernels.md")

const page = "../../docs/kernels.md"

// TestKernelsPage keeps the table of docs/kernels.md that of the code; make docs-kernels writes it.
func TestKernelsPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- features -->\n", "<!-- /features -->\n"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, also := strings.Cut(rest, end)
	if !ok || !also {
		t.Fatal("the page has no place for the table")
	}
	want := before + begin + featuresTable() + end + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("the page and the table differ: make docs-kernels")
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func featuresTable() string {
	var b strings.Builder
	b.WriteString("| feature | since | what it is for | lost without it | done instead |\n|---|---|---|---|---|\n")
	for _, f := range Features() {
		since, name, lost := f.Since, f.Name, f.Lost
		if since == "" {
			since = "by configuration"
		}
		if f.Required {
			name += " (required)"
		}
		if lost == "" {
			lost = "nothing"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, since, f.Use, lost, f.Fallback)
	}
	return b.String()
}
