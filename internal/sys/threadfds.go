package sys

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// threadFDs keep a descriptor for each of the threads that were looked at last; it has to stand for its thread, and not for the thread's number. The
// zero value keeps none.
type threadFDs [4]atomic.Uint64 // by thread id: the id, above the descriptor; 0: none, or in use

func (t *threadFDs) of(tid int) *atomic.Uint64 { return &t[uint(tid)%uint(len(t))] }

// borrow gives a thread's descriptor to who keeps it again, or closes it.
func (t *threadFDs) borrow(tid int) (fd int, ok bool) {
	id, fd := unpack(t.of(tid).Swap(0))
	switch id {
	case 0:
		return -1, false
	case tid:
		return fd, true
	}
	t.keep(id, fd)
	return -1, false
}

func (t *threadFDs) keep(tid, fd int) { store(t.of(tid), tid, fd) }

// fill has us hold as many descriptors from the beginning as ever: our own, for which nobody asks.
func (t *threadFDs) fill(open func() (int, error)) {
	for i := range t {
		if fd, err := open(); err == nil {
			store(&t[i], unix.Getpid(), fd)
		}
	}
}

// close lets go of all. No other method may be running.
func (t *threadFDs) close() {
	for i := range t {
		if id, fd := unpack(t[i].Swap(0)); id != 0 {
			_ = unix.Close(fd)
		}
	}
}

func store(slot *atomic.Uint64, tid, fd int) {
	if id, before := unpack(slot.Swap(uint64(tid)<<32 | uint64(fd))); id != 0 {
		_ = unix.Close(before)
	}
}

func unpack(kept uint64) (tid, fd int) { return int(kept >> 32), int(uint32(kept)) }
