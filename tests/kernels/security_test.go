package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var testName = regexp.MustCompile(`\bTest[A-Z]\w*`)

// SECURITY.md names tests that there are, and says right which of them run on the matrix's kernels, too.
func TestTheAttacksSayWhereTheyRan(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "grep", "-hoE", `^func (Test|Fuzz)[A-Z]\w*`, "--", "../..").Output()
	if err != nil {
		t.Fatal(err)
	}
	written := strings.Fields(string(out))
	for _, name := range testName.FindAllString(string(text), -1) {
		if !slices.Contains(written, name) && !strings.Contains(string(text), name+"…") {
			t.Errorf("there is no %s", name)
		}
	}
	_, table, _ := strings.Cut(string(text), "| attack | what stops it | test | kernels |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")[1:]
	if len(rows) < 25 {
		t.Fatalf("%d attacks", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 4 || cells[3] != where(testName.FindAllString(cells[2], -1)) {
			t.Errorf("%s\nis to end in | %s |", row, where(testName.FindAllString(cells[min(2, len(cells)-1)], -1)))
		}
	}
}

// where names the kernels that tests ran on: all of a full run's, guests that were asked for, the machine's own alone.
func where(tests []string) string {
	var all []string
	for _, label := range []string{"matrix", "guests", "own"} {
		if slices.ContainsFunc(tests, func(test string) bool { return whereOne(test) == label }) || label == "own" && len(tests) == 0 {
			all = append(all, label)
		}
	}
	return strings.Join(all, ", ")
}

func whereOne(test string) string {
	i := slices.IndexFunc(groups, func(g group) bool { return slices.Contains(g.tests, test) })
	switch {
	case i < 0:
		return "own"
	case groups[i].asked:
		return "guests"
	}
	return "matrix"
}
