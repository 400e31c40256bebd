package policy

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// mark stands for a rule and a name that counts: 64 bits of a hash whose key nobody knows. Two names with one mark would be
// counted as one. Of 65,536 that count it is one in 2^33 that any two have, and one in 2^48 that another has that of any; who
// chooses the names cannot look for such, since the hash is cryptographic, and the key a run's own and never shown.
type mark uint64

// marker makes marks. It is not safe for concurrent use.
type marker struct{ text []byte } // the key, and room for what is hashed

const markerKey = 16 // bytes; with a rule's number and a name of up to 31 they are one block

func newMarker() marker {
	key := make([]byte, markerKey, sha256.BlockSize)
	_, _ = rand.Read(key) // it never fails
	return marker{key}
}

func (m *marker) mark(rule uint64, name string) mark {
	m.text = append(binary.NativeEndian.AppendUint64(m.text[:markerKey], rule), name...)
	sum := sha256.Sum256(m.text)
	return mark(binary.NativeEndian.Uint64(sum[:]))
}

// spent is a name that counts.
type spent struct {
	rule           *spending
	mark           mark
	at             time.Duration
	bytes          int
	next, previous slot
}

// slot is the place of a name in a queue.
type slot uint32

// queue holds names in an order, as a ring of slots that name each other by number: pointers would be twice as many bytes,
// and the collector would go through them. Slot 0 is where the ring begins and ends. The zero queue is empty.
type queue struct {
	slots []spent
	free  slot // the first of those that hold no name, each of which has the next; 0: there is none
}

// push puts a name at the back.
func (q *queue) push(s spent) slot {
	if len(q.slots) == 0 {
		q.slots = make([]spent, 1)
	}
	i := q.free
	if i != 0 {
		q.free = q.slots[i].next
	} else {
		i = slot(len(q.slots)) // no more than MaxBudgetNames
		q.slots = append(q.slots, spent{})
	}
	q.slots[i] = s
	q.link(i)
	return i
}

// again moves a name to the back.
func (q *queue) again(i slot, at time.Duration) {
	q.unlink(i)
	q.slots[i].at = at
	q.link(i)
}

// front is the name that was asked for longest ago, until the queue changes; nil: there is none.
func (q *queue) front() *spent {
	if len(q.slots) == 0 || q.slots[0].next == 0 {
		return nil
	}
	return &q.slots[q.slots[0].next]
}

// pop drops the front; there must be one.
func (q *queue) pop() {
	i := q.slots[0].next
	q.unlink(i)
	q.slots[i] = spent{next: q.free}
	q.free = i
}

func (q *queue) link(i slot) {
	last := q.slots[0].previous
	q.slots[i].previous, q.slots[i].next = last, 0
	q.slots[last].next, q.slots[0].previous = i, i
}

func (q *queue) unlink(i slot) {
	s := q.slots[i]
	q.slots[s.previous].next, q.slots[s.next].previous = s.next, s.previous
}
