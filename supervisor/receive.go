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

// spare is how many receivers may be waiting for the next call while one does not keep up.
const spare = 3

// atOnce is how long a receive takes, at the most, of a call that was there already.
const atOnce = 5 * time.Microsecond

// receivers carry out the tree's calls. Each waits in the kernel for a call and carries it out itself, so that no other thread
// has to be woken in between.
//
// While all is quiet one waits alone, since Linux 6.6 wakes for each call all who wait, which makes it half as long again. If a call holds it up, the relief
// puts another in its place. From then on, and where a call was there already when it came for one, several wait, and the last is replaced before it begins.
type receivers struct {
	listener *sys.Listener
	emulator *emulate.Emulator
	threads  *threads
	calls    *crowd
	waiting  atomic.Int32
	relief   *relief
}

// serve returns when no target is left.
func (r *receivers) serve(ctx context.Context) error {
	group, _ := errgroup.WithContext(ctx)
	r.relief = newRelief(&r.waiting, func() { r.hire(group) })
	r.hire(group)
	group.Go(func() error {
		r.relief.serve()
		return nil
	})
	return group.Wait()
}

func (r *receivers) hire(group *errgroup.Group) {
	r.waiting.Add(1)
	group.Go(r.work)
}

func (r *receivers) work() error {
	var turn turn
	last := 0 // whose call it was
	for {
		came := turn.yield()
		n, err := r.listener.Receive()
		left := r.waiting.Add(-1)
		switch {
		case errors.Is(err, sys.ErrGone):
			r.relief.end()
			return nil
		case err != nil:
			r.relief.end()
			return errors.Join(err, r.listener.Wake()) // the others wait for calls that nobody would answer in time
		}
		if n.TID != last && time.Since(came) < atOnce {
			r.relief.rush()
		}
		last = n.TID
		if left == 0 {
			r.relief.alone()
		}
		if err := r.handle(n); err != nil {
			r.relief.end()
			return errors.Join(err, r.listener.Wake())
		}
		if !r.relief.wants() {
			return nil
		}
	}
}

// turn is how long a goroutine that waits in system calls has kept its P. The Go runtime takes a P away that is kept for 10 ms,
// from then on in every system call however short, and each time the goroutine moves to another thread.
type turn struct{ since time.Time }

// yield goes through the Go scheduler, now and then. It returns the time.
func (t *turn) yield() time.Time {
	now := time.Now()
	if now.Sub(t.since) > 4*time.Millisecond {
		runtime.Gosched()
		now = time.Now()
		t.since = now
	}
	return now
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
