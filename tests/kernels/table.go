package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// cell is what the table says of a group in a guest: tests and seconds of all who ran it.
func (res *result) cell(g group) string {
	tests, seconds, word := 0, 0.0, "pass"
	for _, user := range g.as() {
		o := res.find(g.name, user)
		if o == nil {
			return "did not run"
		}
		if o.problem(g) != "" {
			word = "FAIL"
		}
		tests += o.passed
		seconds += o.took.Seconds()
	}
	return fmt.Sprintf("%s %d, %.0f s", word, tests, seconds)
}

// lacking is what doctor found amiss, for whom.
func (res *result) lacking() string {
	all := slices.Clone(res.lacks["root"])
	for _, name := range res.lacks["user"] {
		if !slices.Contains(all, name) {
			all = append(all, name+" (as user)")
		}
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// header and cells are a table that can be printed and written to the page.
func header(selected []group) []string {
	columns := []string{"kernel", "guest", "boot"}
	for _, g := range selected {
		columns = append(columns, g.name)
	}
	return append(columns, "missing or masked")
}

func (res *result) cells(selected []group) []string {
	guest := res.row.condition.name
	if guest == "" {
		guest = "as it is"
	}
	name := res.release
	if name == "" {
		name = res.row.kernel.version
	}
	columns := []string{name, guest, fmt.Sprintf("%.0f s", res.booted.Seconds())}
	for _, g := range selected {
		cell := "—"
		if i := slices.IndexFunc(res.row.groups, func(own group) bool { return own.name == g.name }); i >= 0 {
			cell = res.cell(res.row.groups[i])
		}
		columns = append(columns, cell)
	}
	return append(columns, res.lacking())
}

func printTable(w io.Writer, results []*result, selected []group) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(header(selected), "\t"))
	for _, res := range results {
		fmt.Fprintln(table, strings.Join(res.cells(selected), "\t"))
	}
	return table.Flush()
}

// skips says what was skipped where, and why: a line for each test and reason.
func skips(results []*result) []string {
	where := map[string][]string{}
	for _, res := range results {
		for _, o := range res.outcomes {
			for test, reason := range o.skipped {
				line := test + ": " + reason
				where[line] = append(where[line], res.row.String()+" as "+o.user)
			}
		}
	}
	var lines []string
	for _, line := range slices.Sorted(maps.Keys(where)) {
		lines = append(lines, fmt.Sprintf("%s (%s)", line, strings.Join(where[line], ", ")))
	}
	return lines
}
