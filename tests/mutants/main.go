// Mutants breaks each fallback for what a kernel may lack in a copy of the sources, one at a time, and wants the tests of fallbacks to
// fail. It is run by `make mutants`, and writes its list into docs/kernels.md.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1) //nolint:forbidigo // the one exit
	}
}

// page has the list, between its markers.
const page, begin, end = "docs/kernels.md", "<!-- mutants -->\n", "<!-- /mutants -->\n"

// run tries the mutants of the features that it is given, or all: then it first wants all tests to pass, and writes the page.
func run(only []string) error {
	dir, err := os.MkdirTemp("", "dnsvisor-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := newCopy(dir)
	if err != nil {
		return err
	}
	if len(only) == 0 {
		if failed, err := c.test("without", 10*time.Minute); err != nil || len(failed) > 0 {
			return errors.Join(fmt.Errorf("without any mutation: %v", failed), err)
		}
	}
	var list strings.Builder
	list.WriteString("| feature | broken on purpose | noticed by |\n|---|---|---|\n")
	survivors := 0
	for _, m := range mutants() {
		if len(only) > 0 && !contains(only, m.feature) {
			continue
		}
		failed, err := c.try(m)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", m.feature, m.breaks, err)
		}
		row := fmt.Sprintf("| %s | %s (`%s`) | %s |\n", m.feature, m.breaks, m.file, words(failed))
		fmt.Print(row)
		list.WriteString(row)
		if len(failed) == 0 {
			survivors++
		}
	}
	if survivors > 0 {
		return fmt.Errorf("%d were not noticed", survivors)
	}
	if len(only) > 0 {
		return nil
	}
	return write(list.String())
}

func contains(only []string, feature string) bool {
	for _, name := range only {
		if strings.Contains(", "+feature+",", ", "+name+",") {
			return true
		}
	}
	return false
}

// words name the first tests that failed.
func words(failed []string) string {
	const most = 3
	switch {
	case len(failed) == 0:
		return "**nobody**"
	case len(failed) > most:
		return strings.Join(failed[:most], ", ") + fmt.Sprintf(" and %d more", len(failed)-most)
	}
	return strings.Join(failed, ", ")
}

func write(list string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, also := strings.Cut(rest, end)
	if !ok || !also {
		return errors.New(page + " has no place for the list")
	}
	return os.WriteFile(page, []byte(before+begin+list+end+after), 0o600)
}
