package supervisor

import (
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// A thread's calls wait for each other, the newest in place of those that are over; other threads' do not.
func TestCallsOfAThreadTakeTurns(t *testing.T) {
	turns := newThreads()
	call := func(id uint64, tid int) sys.Notification { return sys.Notification{ID: id, TID: tid} }
	for _, c := range []struct {
		n    sys.Notification
		want bool
	}{{call(1, 7), true}, {call(2, 7), false}, {call(3, 8), true}, {call(4, 7), false}} {
		if got := turns.begin(c.n); got != c.want {
			t.Errorf("call %d begins: %v", c.n.ID, got)
		}
	}
	if n, ok := turns.next(7); !ok || n.ID != 4 {
		t.Errorf("behind call 1: %+v, %v", n, ok)
	}
	if turns.begin(call(5, 7)) {
		t.Error("call 5 begins while 4 is in work")
	}
	if n, ok := turns.next(7); !ok || n.ID != 5 {
		t.Errorf("behind call 4: %+v, %v", n, ok)
	}
	for _, tid := range []int{7, 8} {
		if n, ok := turns.next(tid); ok {
			t.Errorf("behind the last call of %d: %+v", tid, n)
		}
	}
	if len(turns.in) != 0 {
		t.Errorf("left: %v", turns.in)
	}
}
