// Package documents tests that what is written for people is true of the tree: its links, its lists, the messages that it explains.
package documents

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the top of the tree.
const root = "../.."

// document is a page of Markdown.
type document struct {
	path  string // from the root
	prose string // without blocks of code
	code  string // the blocks, and the spans of the prose, a line each
}

var (
	fence = regexp.MustCompile("(?ms)^```[^\n]*\n(.*?)^```\n")
	span  = regexp.MustCompile("`([^`\n]+)`")
)

// documents are all pages, by path.
func documents(t *testing.T) map[string]document {
	t.Helper()
	found := map[string]document{}
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md", "examples/*/*.md", ".github/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = read(name, string(text))
		}
	}
	if len(found) < 15 {
		t.Fatalf("only %d documents", len(found))
	}
	return found
}

func read(path, text string) document {
	var code []string
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		code = append(code, block[1])
	}
	prose := fence.ReplaceAllString(text, "")
	for _, s := range span.FindAllStringSubmatch(prose, -1) {
		code = append(code, s[1])
	}
	return document{path, prose, strings.Join(code, "\n")}
}
