package main

import (
	"cmp"
	"slices"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/kernels/conditions"
)

// booted are the rows of the conditions that need a guest of their own, on one kernel, if the conditions are selected.
func booted(k kernel, selected []group) []row {
	i := slices.IndexFunc(selected, func(g group) bool { return g.program == conditionsTest })
	if i < 0 {
		return nil
	}
	var rows []row
	for _, r := range conditions.Rows {
		if r.Shared() {
			continue
		}
		own := selected[i]
		own.tests = []string{"TestBooted/" + r.Name}
		c := condition{name: r.Name, boot: r.Boot, cpus: cmp.Or(r.CPUs, plain.cpus), memory: plain.memory}
		rows = append(rows, row{k, c, []group{own}})
	}
	return rows
}
