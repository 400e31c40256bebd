package supervisor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// spare is how many receivers may be waiting for the next call.
const spare = 3

// receivers carry out the tree's calls. Each waits in the kernel for a call and carries it out itself, so that no other thread
// has to be woken in between; one that a target holds up (crowd) is replaced before it begins.
type receivers struct {
	listener *sys.Listener
	emulator *emulate.Emulator
	threads  *threads
	calls    *crowd
	waiting  atomic.Int32
}

// serve returns when no target is left.
func (r *receivers) serve(ctx context.Context) error {
	group, _ := errgroup.WithContext(ctx)
	r.hire(group)
	return group.Wait()
}

func (r *receivers) hire(group *errgroup.Group) {
	r.waiting.Add(1)
	group.Go(func() error { return r.work(group) })
}

func (r *receivers) work(group *errgroup.Group) error {
	var turn turn
	for {
		turn.yield()
		n, err := r.listener.Receive()
		left := r.waiting.Add(-1)
		switch {
		case errors.Is(err, sys.ErrGone):
			return nil
		case err != nil:
			return errors.Join(err, r.listener.Wake()) // the others wait for calls that nobody would answer in time
		case left == 0:
			r.hire(group)
		}
		if err := r.handle(n); err != nil {
			return errors.Join(err, r.listener.Wake())
		}
		if r.waiting.Add(1) > spare {
			r.waiting.Add(-1)
			return nil
		}
	}
}

// turn is how long a goroutine that waits in system calls has kept its P. The Go runtime takes a P away that is kept for 10 ms,
// from then on in every system call however short, and each time the goroutine moves to another thread.
type turn struct{ since time.Time }

// yield goes through the Go scheduler, now and then.
func (t *turn) yield() {
	if now := time.Now(); now.Sub(t.since) > 4*time.Millisecond {
		runtime.Gosched()
		t.since = now
	}
}

// handle carries out a call, and those of its thread that come meanwhile.
func (r *receivers) handle(n sys.Notification) error {
	for ok := r.threads.begin(n); ok; n, ok = r.threads.next(n.TID) {
		if err := r.emulate(n); err != nil && !errors.Is(err, unix.ENOENT) { // a call that is gone takes no answer
			return fmt.Errorf("end a call: %w", err) // it would wait for ever
		}
	}
	return nil
}

func (r *receivers) emulate(n sys.Notification) error {
	leave, ok := r.calls.enter(n.TID)
	if !ok {
		return r.listener.Return(n.ID, 0, unix.EAGAIN)
	}
	defer leave()
	return r.emulator.Handle(n)
}
