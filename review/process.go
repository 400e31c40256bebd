package review

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// processKey tells processes apart, within a log of several sessions, and what a process was before it executed another program.
type processKey struct {
	session    string
	pid        int
	executable string
}

// processRow is what is known of a process.
type processRow struct {
	Tally
	key    processKey
	parent int
}

func (r *processRow) tally() *Tally { return &r.Tally }
func (r *processRow) size() int     { return len(r.key.executable) }

// asker is the row of the process of an event.
func (s *Summary) asker(e *Event) *processRow {
	key := processKey{e.Session, e.PID, e.Executable}
	if s.process != nil && s.process.key == key {
		return s.process
	}
	r := s.processes.rows[key]
	if r == nil {
		key.executable = strings.Clone(e.Executable)
		if key.session != "" {
			key.session = s.session.Text // the same text, and one that is kept anyway
		}
		r = &processRow{key: key, parent: e.ParentPID}
		s.processes.put(key, r)
	}
	s.process = r
	return r
}

// node is processes of one executable with one line of executables above them.
type node struct {
	Tally
	executable string
	processes  int
	below      map[string]*node
}

// maxDepth bounds lines of processes, which a hostile log may close to a ring.
const maxDepth = 32

// tree gives who asked: a process below its parent, where that asked too, and those of one executable at one place as one.
func (s *Summary) tree() []ProcessFigures {
	type id struct {
		session string
		pid     int
	}
	byID := make(map[id]*processRow, len(s.processes.rows))
	for key, r := range s.processes.rows {
		at := id{key.session, key.pid}
		// Of the programs that one process was, the first is its children's parent.
		if other := byID[at]; other == nil || r.first < other.first || r.first == other.first && key.executable < other.key.executable {
			byID[at] = r
		}
	}
	root := &node{}
	for _, r := range s.processes.rows {
		line := []string{r.key.executable}
		for at := (id{r.key.session, r.parent}); len(line) < maxDepth; {
			parent := byID[at]
			if parent == nil || at.pid == 0 || parent == r {
				break
			}
			line = append(line, parent.key.executable)
			at.pid = parent.parent
		}
		n := root
		for _, executable := range slices.Backward(line) {
			n = n.child(executable)
		}
		n.processes++
		n.join(&r.Tally)
	}
	return root.figures(nil, 0)
}

func (n *node) child(executable string) *node {
	if n.below == nil {
		n.below = map[string]*node{}
	}
	c := n.below[executable]
	if c == nil {
		c = &node{executable: executable}
		n.below[executable] = c
	}
	return c
}

// figures appends what is below n, each before what is below it: who was refused most first.
func (n *node) figures(all []ProcessFigures, depth int) []ProcessFigures {
	children := slices.SortedFunc(maps.Values(n.below), func(a, b *node) int {
		sumA, sumB := a.sum(), b.sum()
		return cmp.Or(cmp.Compare(sumB.Refused(), sumA.Refused()), cmp.Compare(sumB.Total(), sumA.Total()), strings.Compare(a.executable, b.executable))
	})
	for _, c := range children {
		all = append(all, ProcessFigures{depth, audit.Show(c.executable), c.processes, counts(&c.Tally), seenAt(&c.Tally)})
		all = c.figures(all, depth+1)
	}
	return all
}

// sum counts what is below, too.
func (n *node) sum() Tally {
	t := n.Tally
	for _, c := range n.below {
		below := c.sum()
		t.join(&below)
	}
	return t
}
