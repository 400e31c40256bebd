package main

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// result is what a row came to.
type result struct {
	row      row
	release  string // what uname says
	version  string
	booted   time.Duration
	took     time.Duration
	outcomes []*outcome
	lacks    map[string][]string // by user, what doctor found amiss
	absent   map[string][]string // by user, the features that the kernel lacks
	err      error
	console  []string // what was said outside the groups
}

// watch runs a row's guest. tell hears of what happens.
func watch(ctx context.Context, m machine, r row, name string, tell func(format string, args ...any)) *result {
	res := &result{row: r, lacks: map[string][]string{}, absent: map[string][]string{}}
	start := time.Now()
	var current *outcome
	res.err = m.boot(ctx, r, name, func(line string) {
		if m.verbose {
			tell("%s: %s", r, line)
		}
		words := strings.SplitN(line, " ", 4)
		if words[0] != "@@" || len(words) < 2 {
			if current != nil {
				current.read(line)
			} else if line != "" {
				res.console = append(res.console, line)
			}
			return
		}
		switch words[1] {
		case "kernel":
			res.booted, res.release, res.version = time.Since(start), words[2], words[3]
			tell("%s: %s booted in %.0f s", r, res.release, res.booted.Seconds())
		case "doctor":
			res.lacks[words[2]], res.absent[words[2]] = amiss(words[3])
		case "group":
			current = &outcome{group: words[2], user: words[3], status: -1, began: time.Now(), ran: map[string]bool{}, succeeded: map[string]bool{}, skipped: map[string]string{}}
			res.outcomes = append(res.outcomes, current)
		case "end":
			if current != nil {
				res.end(current, words[2], tell)
			}
			current = nil
		}
	})
	res.took = time.Since(start)
	return res
}

// end closes a group.
func (res *result) end(o *outcome, status string, tell func(string, ...any)) {
	o.took = time.Since(o.began)
	if n, err := strconv.Atoi(status); err == nil {
		o.status = n
	}
	word := "ok"
	for _, g := range res.row.groups {
		if problem := o.problem(g); g.name == o.group && problem != "" {
			word = problem + "\n" + strings.Join(o.output, "\n") + "\n"
		}
	}
	tell("%s: %s as %s: %d tests in %.0f s: %s", res.row, o.group, o.user, o.passed, o.took.Seconds(), word)
}

// find is a group's outcome for a user, or nil where it did not run.
func (res *result) find(group, user string) *outcome {
	for _, o := range res.outcomes {
		if o.group == group && o.user == user {
			return o
		}
	}
	return nil
}

// problems says what keeps the row from being green.
func (res *result) problems() []string {
	var problems []string
	if res.err != nil {
		problems = append(problems, res.row.String()+": "+res.err.Error())
	}
	for _, g := range res.row.groups {
		for _, user := range g.as() {
			o := res.find(g.name, user)
			if o == nil {
				problems = append(problems, res.row.String()+": "+g.name+" as "+user+" did not run")
			} else if p := o.problem(g); p != "" {
				problems = append(problems, res.row.String()+": "+g.name+" as "+user+" "+p)
			}
		}
	}
	return problems
}
