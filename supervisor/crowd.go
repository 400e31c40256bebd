package supervisor

import (
	"sync"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// A call is in work for as long as looking at its target takes, and a target can make that long: its pages and
// paths may be served by a file system of its own. The reader never waits for one.
const (
	fewCalls     = 64   // up to here nobody is counted
	callsEach    = 32   // beyond, of one process
	callsInAll   = 2048 // each may hold an operating system thread
	unknownGroup = -1
)

// crowd bounds how many calls are in work, in all and of one process.
type crowd struct {
	mu    sync.Mutex
	total int
	of    map[int]int // by process; only those that came while there were many
}

// enter admits a call of a thread, or not. The function it returns ends the call's stay.
func (c *crowd) enter(tid int) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total < fewCalls {
		c.total++
		return c.leave, true
	}
	group, err := sys.ThreadGroup(tid)
	if err != nil {
		group = unknownGroup
	}
	if c.total >= callsInAll || c.of[group] >= callsEach {
		return nil, false
	}
	if c.of == nil {
		c.of = map[int]int{}
	}
	c.total++
	c.of[group]++
	return func() { c.leaveGroup(group) }, true
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
}

func (c *crowd) leaveGroup(group int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.of[group]--; c.of[group] == 0 {
		delete(c.of, group)
	}
}
