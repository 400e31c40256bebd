package supervisor

import (
	"sync"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// unknownGroup are the threads whose process is not known.
const unknownGroup = -1

// crowd bounds how much is in work at once, in all and of one process, so that nobody's share keeps others out.
type crowd struct {
	few  int // up to here nobody is counted
	each int // beyond, of one process
	all  int

	mu    sync.Mutex
	total int
	of    map[int]int // by process; only those that came while there were many
	work  sync.WaitGroup
	out   func() // leave
}

// A call is in work for as long as looking at its target takes, and a target can make that long: its pages and paths may be
// served by a file system of its own. Each may hold an operating system thread.
func newCalls() *crowd { return &crowd{few: 64, each: 32, all: 2048} }

// A question is in work while it waits for an upstream.
func newQuestions() *crowd { return &crowd{few: 256, each: 128, all: 1024} }

// A TCP connection to the stub may be idle for as long as idleTimeout.
func newConnections() *crowd { return &crowd{few: 64, each: 32, all: 256} }

// enter admits work for a thread, or not. The function it returns ends it.
func (c *crowd) enter(tid int) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total < c.few {
		c.total++
		c.work.Add(1)
		if c.out == nil {
			c.out = c.leave
		}
		return c.out, true
	}
	group, err := sys.ThreadGroup(tid)
	if err != nil {
		group = unknownGroup
	}
	if c.total >= c.all || c.of[group] >= c.each {
		return nil, false
	}
	if c.of == nil {
		c.of = map[int]int{}
	}
	c.total++
	c.of[group]++
	c.work.Add(1)
	return func() { c.leaveGroup(group) }, true
}

// wait returns when nothing is in work; nothing may enter any more.
func (c *crowd) wait() { c.work.Wait() }

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.work.Done()
	c.total--
}

func (c *crowd) leaveGroup(group int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.work.Done()
	c.total--
	if c.of[group]--; c.of[group] == 0 {
		delete(c.of, group)
	}
}
