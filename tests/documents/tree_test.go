package documents

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	pathSpan   = regexp.MustCompile(`^(?:[a-z0-9_.-]+/)+[A-Za-z0-9_.-]*$`)
	testName   = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*`)
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*)\(`)
	makeTarget = regexp.MustCompile(`(?m)^(?:\$ |sudo )?make ([a-z][a-z0-9-]*)`)
	ofRecipe   = regexp.MustCompile(`(?m)^([a-z][a-z0-9 -]*):(?:[^=]|$)`)
)

// TestDocumentsKnowTheTree: the files, the tests and the make targets that documents name are there.
func TestDocumentsKnowTheTree(t *testing.T) {
	tests, targets, rooms := testsOf(t), targetsOf(t), roomsOf(t)
	n := 0
	for _, d := range documents(t) {
		if d.path == "CHANGELOG.md" {
			continue // what it says was true when it was written
		}
		for _, s := range span.FindAllStringSubmatch(d.prose, -1) {
			text := strings.TrimPrefix(s[1], "./")
			first, _, _ := strings.Cut(text, "/")
			switch {
			case pathSpan.MatchString(text) && rooms[first]:
				n++
				if _, err := os.Stat(filepath.Join(root, text)); err != nil && !isBuilt(text) {
					t.Errorf("%s: %v", d.path, err)
				}
			case testName.MatchString(text):
				n++
				if name := testName.FindString(text); !tests[name] && !begins(tests, name, strings.HasPrefix(text[len(name):], "…")) {
					t.Errorf("%s names %s, which is not there", d.path, text)
				}
			}
		}
		if d.path == "docs/troubleshooting.md" {
			continue // where messages are of what is made
		}
		for _, m := range makeTarget.FindAllStringSubmatch(d.code, -1) {
			n++
			if !targets[m[1]] {
				t.Errorf("%s names make %s, which is not there", d.path, m[1])
			}
		}
	}
	if n < 150 {
		t.Errorf("only %d names", n)
	}
}

// isBuilt reports whether a path is of what a build or a test makes.
func isBuilt(path string) bool {
	return strings.HasPrefix(path, "bin/") || strings.HasPrefix(path, ".cache/") || strings.HasPrefix(path, "dist/")
}

// begins reports whether a name stands for all that begin with it.
func begins(names map[string]bool, name string, many bool) bool {
	return many && slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(n string) bool { return strings.HasPrefix(n, name) })
}

// testsOf are the names of all tests, fuzz targets and benchmarks.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".cache" || entry.Name() == ".tools" || entry.Name() == ".git") {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// targetsOf are the Makefile's.
func targetsOf(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range ofRecipe.FindAllSubmatch(text, -1) {
		for name := range strings.FieldsSeq(string(m[1])) {
			found[name] = true
		}
	}
	return found
}

// roomsOf are the directories at the top, by whose name a path of this tree is told from one of the system's.
func roomsOf(t *testing.T) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, e := range entries {
		found[e.Name()] = e.IsDir()
	}
	return found
}
