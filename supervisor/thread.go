package supervisor

import (
	"sync"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// threads lets each thread's calls be carried out one after the other. A thread makes one at a time; but where signals interrupt calls
// in work (wait_killable), the next may come while something is still done for one that is over. A count that is written into
// the target's memory then must not reach it when it is past both, and calls that are over must not add up in the crowd.
//
// A call that a signal ends for good, with EINTR, is followed by no other that would wait.
type threads struct {
	mu sync.Mutex
	in map[int]*sys.Notification // by thread that has a call in work: the call that came behind it, or nil
}

func newThreads() *threads { return &threads{in: map[int]*sys.Notification{}} }

// begin says whether a call is carried out now. Otherwise it is by who carries out the thread's call before: see next.
func (t *threads) begin(n sys.Notification) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, busy := t.in[n.TID]; busy {
		behind := n // in place of another: the thread has made a call since, so that one is over
		t.in[n.TID] = &behind
		return false
	}
	t.in[n.TID] = nil
	return true
}

// next ends a thread's call, and returns the one that came behind it.
func (t *threads) next(tid int) (n sys.Notification, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	behind := t.in[tid]
	if behind == nil {
		delete(t.in, tid)
		return n, false
	}
	t.in[tid] = nil
	return *behind, true
}
