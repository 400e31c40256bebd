package documents

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDependencies: docs/dependencies.md has a row for each module that go.mod requires for the tree's own imports, and for no other; those of
// the binary have a size.
func TestDependencies(t *testing.T) {
	required, linked := requirements(t), imports(t)
	rows := map[string]string{} // by module: its size
	text, err := os.ReadFile(filepath.Join(root, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+\\. \\| ([0-9]+|—) \\| [^|]+ \\|$").FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = m[2]
	}
	for module := range required {
		size, ok := rows[module]
		if !ok {
			t.Errorf("%s has no row", module)
		}
		if isLinked := linked(module); ok && isLinked != (size != "—") {
			t.Errorf("the size of %s is %s; is it linked: %v", module, size, isLinked)
		}
	}
	for module := range rows {
		if !required[module] {
			t.Errorf("%s has a row, and go.mod does not require it", module)
		}
	}
	if len(rows) < 20 {
		t.Errorf("only %d rows", len(rows))
	}
}

// requirements are the modules of go.mod that are not there for another's sake.
func requirements(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(?:require |\t)([^\s()]+) v\S+$`).FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = true
	}
	return found
}

// imports tells of a module whether the program imports a package of it.
func imports(t *testing.T) func(module string) bool {
	t.Helper()
	paths := map[string]bool{}
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, i := range file.Imports {
				paths[strings.Trim(i.Path.Value, `"`)] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return func(module string) bool {
		for path := range paths {
			if path == module || strings.HasPrefix(path, module+"/") {
				return true
			}
		}
		return false
	}
}
