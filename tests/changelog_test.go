package tests

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// CHANGELOG.md is as keepachangelog.com has it, which releases take their notes from: versions from the newest to the oldest, what is not released first, and
// each change below one of six words, once a version.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("testdata/CHANGELOG.md")
	must(t, err)
	version := regexp.MustCompile(`^## (\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d)$`)
	kinds := []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
	var versions, seen []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		kind, isKind := strings.CutPrefix(line, "### ")
		switch {
		case strings.HasPrefix(line, "## "):
			if !version.MatchString(line) || line == "## [Unreleased]" && len(versions) > 0 {
				t.Errorf("%q is no version, or stands behind one", line)
			}
			versions, seen = append(versions, line), nil
		case isKind:
			if !slices.Contains(kinds, kind) || slices.Contains(seen, kind) || len(versions) == 0 {
				t.Errorf("%q in %q", line, versions)
			}
			seen = append(seen, kind)
		case strings.HasPrefix(line, "- ") && len(seen) == 0:
			t.Errorf("a change of no kind: %s", line)
		}
	}
	if len(versions) == 0 {
		t.Error("no version")
	}
}
