package documents

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// longest is how many lines a file of the house's own hand may have.
const longest = 500

// TestHouse: no file is too long, and each package has its row in the table of rooms of docs/architecture.md.
func TestHouse(t *testing.T) {
	rooms := roomsOfThePage(t)
	code := []string{".go", ".c", ".h", ".js", ".css", ".py", ".sh", ".tmpl", ""}
	files, unknown := 0, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if entry.IsDir() {
			if strings.HasPrefix(name, ".") && name != "." && name != ".ci" || name == "bin" || name == "dist" {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || !slices.Contains(code, filepath.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if n := bytes.Count(text, []byte("\n")); n > longest {
			t.Errorf("%s has %d lines", name, n)
		}
		if room := filepath.Dir(name); filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") && !slices.Contains(rooms, room) && !strings.HasPrefix(room, "tests") {
			unknown[room] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range unknown {
		t.Errorf("%s is no room of docs/architecture.md", room)
	}
	if files < 500 {
		t.Errorf("only %d files", files)
	}
}

// roomsOfThePage are the packages of the table.
func roomsOfThePage(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## The rooms\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var rooms []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(table, -1) {
		for _, room := range span.FindAllStringSubmatch(row[1], -1) {
			rooms = append(rooms, room[1])
		}
	}
	if len(rooms) < 15 {
		t.Fatalf("only %d rooms", len(rooms))
	}
	return rooms
}
