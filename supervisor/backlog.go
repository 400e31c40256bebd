package supervisor

import (
	"slices"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

const (
	backlogFew   = 1024    // datagrams that wait, whosever they are
	backlogEach  = 64      // beyond, of one thread
	backlogAll   = 4096    // of all; beyond it one more of each thread that has none waiting
	backlogBytes = 4 << 20 // of all
)

// backlog are datagrams that wait to be answered: those of each thread in the order that they came, and one of each thread in turn. The kernel's
// own queue is first come, first served, and whoever fills it keeps the others' out.
type backlog struct {
	of    map[int][]sys.Datagram // by thread; 0: those of whom it is not known
	turns []int                  // threads that have some waiting
	total int
	bytes int
}

// push takes a copy of a datagram. False: it is dropped, as its thread, or all, have as many waiting as they may.
func (b *backlog) push(tid int, d sys.Datagram) bool {
	mine := b.of[tid]
	switch {
	case len(mine) >= backlogEach && b.total >= backlogFew,
		len(mine) > 0 && (b.total >= backlogAll || b.bytes+len(d.Data) > backlogBytes),
		b.total >= 2*backlogAll, b.bytes >= 2*backlogBytes:
		return false
	case len(mine) == 0:
		b.turns = append(b.turns, tid)
	}
	if b.of == nil {
		b.of = map[int][]sys.Datagram{}
	}
	d.Data = slices.Clone(d.Data)
	b.of[tid] = append(mine, d)
	b.total, b.bytes = b.total+1, b.bytes+len(d.Data)
	return true
}

// pop takes the datagram whose turn it is. False: none waits.
func (b *backlog) pop() (d sys.Datagram, ok bool) {
	if len(b.turns) == 0 {
		return d, false
	}
	tid := b.turns[0]
	mine := b.of[tid]
	d, mine = mine[0], mine[1:]
	b.turns = b.turns[1:]
	if len(mine) == 0 {
		delete(b.of, tid)
	} else {
		b.of[tid] = mine
		b.turns = append(b.turns, tid)
	}
	b.total, b.bytes = b.total-1, b.bytes-len(d.Data)
	return d, true
}
