package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// condition is what a guest is like, beside its kernel.
type condition struct {
	name         string
	boot         string   // the kernel's parameters
	modules      []string // beside those that every guest has
	setup        string   // commands of the guest's init, before the groups
	cpus, memory int      // memory in MiB
}

var plain = condition{cpus: 2, memory: 2048}

// row is a guest of the matrix: a kernel, a condition, and the groups that it has to run.
type row struct {
	kernel    kernel
	condition condition
	groups    []group
}

func (r row) String() string { return strings.TrimSpace(r.kernel.asked + " " + r.condition.name) }

// plan is what the guest's init does.
func (r row) plan() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.condition.setup)
	for _, user := range both {
		if len(r.groups) > 0 {
			fmt.Fprintln(&b, "examine", user)
		}
		for _, g := range r.groups {
			if slices.Contains(g.as(), user) {
				fmt.Fprintf(&b, "%s group %s %s %s\n", g.env, g.name, user, g.arguments())
			}
		}
	}
	return b.String()
}

// limit is how long the guest may be silent: a group ends itself before.
func (r row) limit() time.Duration {
	most := time.Minute
	for _, g := range r.groups {
		most = max(most, g.limit)
	}
	return most + time.Minute
}
