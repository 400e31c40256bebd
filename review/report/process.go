package report

import (
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// identity is what processes are told apart by.
type identity struct {
	session             *text
	pid, parent         int
	executable, command *text
}

// process is one that asked, for as long as an event of its is kept.
type process struct {
	identity
	used   int
	up     *process // its parent, where that asked too
	depth  int
	index  int
	walked bool
}

// crowd is all processes.
type crowd struct {
	texts *dictionary
	all   map[identity]*process
}

func (c *crowd) take(e *review.Event) *process {
	id := identity{
		session: c.texts.take(first(e.Session, e.Conversation)), pid: e.PID, parent: e.ParentPID,
		executable: c.texts.take(e.Executable), command: c.texts.take(commandLine(e.Args)),
	}
	p := c.all[id]
	if p == nil {
		p = &process{identity: id}
		c.all[id] = p
	} else {
		c.forget(id)
	}
	p.used++
	return p
}

func (c *crowd) drop(p *process) {
	if p.used--; p.used == 0 {
		delete(c.all, p.identity)
		c.forget(p.identity)
	}
}

// forget gives the texts of an identity back.
func (c *crowd) forget(id identity) {
	c.texts.drop(id.session)
	c.texts.drop(id.executable)
	c.texts.drop(id.command)
}

// commandLine is for reading: arguments that have spaces, or nothing, are in quotes.
func commandLine(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		if words[i] = arg; arg == "" || strings.ContainsAny(arg, " \t\n") {
			words[i] = "'" + arg + "'"
		}
	}
	return strings.Join(words, " ")
}

// sorted numbers the processes, parents before their children. Texts must be numbered.
func (c *crowd) sorted() []*process {
	type place struct {
		session *text
		pid     int
	}
	all := make([]*process, 0, len(c.all))
	for _, p := range c.all {
		p.up, p.depth, p.walked = nil, 0, false
		all = append(all, p)
	}
	slices.SortFunc(all, compare)
	parents := make(map[place]*process, len(all))
	for _, p := range all {
		if at := (place{p.session, p.pid}); parents[at] == nil && p.pid != 0 {
			parents[at] = p
		}
	}
	for _, p := range all {
		if up := parents[place{p.session, p.parent}]; p.parent != 0 && up != p {
			p.up = up
		}
	}
	for _, p := range all {
		p.plumb()
	}
	slices.SortStableFunc(all, func(a, b *process) int { return a.depth - b.depth })
	for i, p := range all {
		p.index = i
	}
	return all
}

func compare(a, b *process) int {
	for _, c := range []int{
		a.session.index - b.session.index, a.pid - b.pid, a.parent - b.parent, a.executable.index - b.executable.index, a.command.index - b.command.index,
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}

// plumb finds how deep a process is, and those above it. A circle, which ids that were used again can make, is cut.
func (p *process) plumb() {
	var way []*process
	for q := p; q != nil && q.depth == 0; q = q.up {
		if q.walked {
			way[len(way)-1].up = nil
			break
		}
		q.walked = true
		way = append(way, q)
	}
	for _, q := range slices.Backward(way) {
		q.depth = 1
		if q.up != nil {
			q.depth = q.up.depth + 1
		}
	}
}
