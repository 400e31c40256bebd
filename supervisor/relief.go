package supervisor

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	reliefTick  = 2 * time.Millisecond // a call that takes longer holds its receiver up
	quietTicks  = 10                   // without a call, after which nobody looks
	hurriedFor  = 50                   // ticks
	oneReceiver = 1
)

// relief sees to it that somebody waits for the next call. It looks at the receivers once a tick while there are calls, which costs them nothing but the first one of a
// while.
type relief struct {
	waiting *atomic.Int32 // receivers that wait, or are about to
	hire    func()        // has one more

	calls   atomic.Uint64 // that left nobody waiting
	rushes  atomic.Uint64
	hurried atomic.Bool   // several are to wait
	looks   atomic.Bool   // or is about to
	wake    chan struct{} // has it look
	ended   chan struct{}
	once    sync.Once
}

func newRelief(waiting *atomic.Int32, hire func()) *relief {
	return &relief{waiting: waiting, hire: hire, wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

// end ends serve.
func (r *relief) end() { r.once.Do(func() { close(r.ended) }) }

// alone is told, by who received a call, that nobody waits for the next.
func (r *relief) alone() {
	if r.hurried.Load() {
		r.hire()
		return
	}
	r.calls.Add(1)
	r.look()
}

// rush has several wait for a while.
func (r *relief) rush() {
	r.rushes.Add(1)
	if !r.hurried.Swap(true) {
		r.look()
	}
}

func (r *relief) look() {
	if r.looks.CompareAndSwap(false, true) {
		select {
		case r.wake <- struct{}{}:
		default: // it is told already
		}
	}
}

// wants says whether who has carried out a call is to wait for another, and counts him if so.
func (r *relief) wants() bool {
	for {
		most := int32(oneReceiver)
		if r.hurried.Load() {
			most = spare
		}
		now := r.waiting.Load()
		if now >= most {
			return false
		}
		if r.waiting.CompareAndSwap(now, now+1) {
			return true
		}
	}
}

// serve looks while there is something to see.
func (r *relief) serve() {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		select {
		case <-r.ended:
			return
		case <-r.wake:
		}
		ticker.Reset(reliefTick)
		for r.looks.Load() {
			if !r.watch(ticker.C) {
				return
			}
			r.looks.Store(false)
			if r.waiting.Load() == 0 || r.hurried.Load() { // who came in between took it that somebody looks
				r.looks.Store(true)
			}
		}
		ticker.Stop()
	}
}

// watch looks until there has been no call for a while. False: it is the end.
func (r *relief) watch(tick <-chan time.Time) bool {
	calls, rushes := r.calls.Load(), r.rushes.Load()
	quiet, calm := 0, 0
	for quiet < quietTicks || r.hurried.Load() {
		select {
		case <-r.ended:
			return false
		case <-tick:
		}
		quiet, calm = quiet+1, calm+1
		if now := r.calls.Load(); now != calls {
			calls, quiet = now, 0
		} else if r.waiting.Load() == 0 {
			r.rush()
			r.hire()
		}
		if now := r.rushes.Load(); now != rushes {
			rushes, calm = now, 0
		} else if calm >= hurriedFor {
			r.hurried.Store(false)
		}
	}
	return true
}
