package review

import "time"

// Tally counts what happened to something, and when first and last.
type Tally struct {
	Denied, Observed, Allowed int64 // observed: allowed, though the policy denies it; Allowed does not count those
	first, last               int64 // Unix milliseconds; 0 for no time
}

// Total is how often it was decided.
func (t *Tally) Total() int64 { return t.Denied + t.Observed + t.Allowed }

// Refused is how often the policy was against it.
func (t *Tally) Refused() int64 { return t.Denied + t.Observed }

// First is when it was seen first; zero where no line had a time.
func (t *Tally) First() time.Time { return fromMillis(t.first) }

// Last is when it was seen last.
func (t *Tally) Last() time.Time { return fromMillis(t.last) }

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// add counts an event.
func (t *Tally) add(e *Event, at int64) {
	n := int64(e.Times())
	switch {
	case e.Denied():
		t.Denied += n
	case e.Observed:
		t.Observed += n
	default:
		t.Allowed += n
	}
	t.see(at, at)
}

func (t *Tally) see(first, last int64) {
	if first != 0 && (t.first == 0 || first < t.first) {
		t.first = first
	}
	t.last = max(t.last, last)
}

// join adds what another has counted.
func (t *Tally) join(more *Tally) {
	t.Denied += more.Denied
	t.Observed += more.Observed
	t.Allowed += more.Allowed
	t.see(more.first, more.last)
}

// Cut says what a table of bounded size has lost. The zero value has lost nothing.
type Cut struct {
	Rows   int64 // that were dropped; one that came again and was dropped again counts twice
	Events int64 // that those counted
	Low    int64 // what is left may count as many too few
}

// bounded is a table of tallies that keeps at most twice limit rows, and at most maxText bytes of their text. When there are
// more, those that count least are dropped until half is left. What was seen often enough is therefore there, and its count is at most
// Cut.Low too small (Manku and Motwani's lossy counting).
type bounded[K comparable, R row] struct {
	limit   int
	rows    map[K]R
	text    int
	cut     Cut
	dropped func(K, R) // nil, or told of what is dropped
}

// row is a pointer to what a table has of a key.
type row interface {
	tally() *Tally
	size() int // bytes of text that it and its key have
}

// maxText is how much text the keys of a table may have.
const maxText = 24 << 20

func newBounded[K comparable, R row](limit int) *bounded[K, R] {
	return &bounded[K, R]{limit: limit, rows: map[K]R{}}
}

// put adds the row of a key that is not there.
func (b *bounded[K, R]) put(key K, r R) {
	b.rows[key] = r
	if b.text += r.size(); len(b.rows) >= 2*b.limit || b.text > maxText {
		b.prune(key)
	}
}

// prune drops rows, those that count least first, but not that of keep, which is about to be counted.
func (b *bounded[K, R]) prune(keep K) {
	low := int64(1)
	for b.dropUpTo(low, keep); !b.roomy(); b.dropUpTo(low, keep) {
		low *= 2
	}
	b.cut.Low += low
}

func (b *bounded[K, R]) roomy() bool {
	return len(b.rows) <= b.limit && b.text <= maxText/2 || len(b.rows) <= 1
}

// dropUpTo drops rows that count no more than low, until there is room.
func (b *bounded[K, R]) dropUpTo(low int64, keep K) {
	for key, r := range b.rows {
		if b.roomy() {
			return
		}
		n := r.tally().Total()
		if n > low || key == keep {
			continue
		}
		delete(b.rows, key)
		b.text -= r.size()
		b.cut.Rows++
		b.cut.Events += n
		if b.dropped != nil {
			b.dropped(key, r)
		}
	}
}
