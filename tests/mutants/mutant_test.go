package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Each mutant still finds what it breaks, and each fallback has one.
func TestMutantsFit(t *testing.T) {
	// For addfd_send there is nothing to break; what forward does with Landlock TestFallbacks does not see.
	broken := map[string]bool{"addfd_send": true, "landlock": true, "landlock_scope": true}
	for _, m := range mutants() {
		text, err := os.ReadFile(filepath.Join("../..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.old); n != 1 || m.old == m.new || m.breaks == "" {
			t.Errorf("%s, %s: what it breaks stands %d times in %s", m.feature, m.breaks, n, m.file)
		}
		for name := range strings.SplitSeq(m.feature, ", ") {
			broken[name] = true
		}
	}
	for _, f := range sys.Features() {
		if !broken[f.Name] {
			t.Errorf("nothing breaks what is done without %s", f.Name)
		}
		delete(broken, f.Name)
	}
	if len(broken) > 0 {
		t.Errorf("no features: %v", broken)
	}
}

func TestFailures(t *testing.T) {
	const output = `=== RUN   TestA
--- FAIL: TestA (0.1s)
    --- PASS: TestA/one (0.1s)
    --- FAIL: TestA/two (0.1s)
        --- FAIL: TestA/two/deep (0.1s)
--- FAIL: TestB (0.1s)
panic: test timed out after 1m30s
	running tests:
		TestC/slow (1m30s)
`
	if got, want := failures(output), []string{"TestA/two/deep", "TestB", "TestC/slow"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := words([]string{"a", "b", "c", "d", "e"}); got != "a, b, c and 2 more" {
		t.Error(got)
	}
	if words(nil) != "**nobody**" || !contains([]string{"x"}, "w, x") || contains([]string{"x"}, "xy") {
		t.Error("words")
	}
}
