package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// The page's parts that a full run writes begin and end with these lines; each architecture has its own.
const (
	partBegins = "<!-- matrix %s -->"
	partEnds   = "<!-- /matrix %s -->"
)

// writePage puts what a full run found into its part of the page.
func writePage(file string, m machine, results []*result, selected []group, day time.Time) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	part, err := replacePart(string(text), m.arch.name, pagePart(m, results, selected, day))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(part), 0o644)
}

// findPart finds where an architecture's part begins and ends, without its first and last line.
func findPart(text, arch string) (from, to int, err error) {
	begins, ends := fmt.Sprintf(partBegins, arch)+"\n", fmt.Sprintf(partEnds, arch)+"\n"
	from, to = strings.Index(text, begins), strings.Index(text, ends)
	if from < 0 || to < from {
		return 0, 0, fmt.Errorf("no part %q", strings.TrimSpace(begins))
	}
	return from + len(begins), to, nil
}

func replacePart(text, arch, part string) (string, error) {
	from, to, err := findPart(text, arch)
	if err != nil {
		return "", err
	}
	return text[:from] + part + text[to:], nil
}

// pagePart is the table, what was skipped, and where each feature of the kernel was done without.
func pagePart(m machine, results []*result, selected []group, day time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, guests run with %s. A cell has the tests and parts of tests that passed, as root and as an ordinary user, and seconds.\n\n",
		m.arch.name, day.UTC().Format(time.DateOnly), m.accelerator())
	writeRow(&b, header(selected))
	writeRow(&b, slices.Repeat([]string{"---"}, len(header(selected))))
	for _, res := range results {
		cells := res.cells(selected)
		cells[0] = fmt.Sprintf("%s (%s)", res.release, res.row.kernel.version)
		writeRow(&b, cells)
	}
	if lines := skips(results); len(lines) > 0 {
		fmt.Fprintf(&b, "\nSkipped:\n\n- %s\n", strings.Join(lines, "\n- "))
	}
	b.WriteString("\n")
	writeRow(&b, []string{"feature", "absent, and done without, on", "masked, and done without, on"})
	writeRow(&b, []string{"---", "---", "---"})
	done := doneWithout(results)
	for _, name := range slices.Sorted(maps.Keys(done)) {
		writeRow(&b, []string{name, strings.Join(done[name].absent, ", "), strings.Join(done[name].masked, ", ")})
	}
	return b.String()
}

func writeRow(b *strings.Builder, cells []string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}
