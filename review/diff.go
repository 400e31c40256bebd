package review

import (
	"hash/maphash"
	"io"
	"slices"
)

// Diff tells what a second log asks that a first one does not: names, calls to addresses, and connections outside. It keeps eight bytes for
// each of them that the first has, which is all that grows with the input. Make one with [NewDiff].
type Diff struct {
	seed    maphash.Seed
	known   []uint64 // sorted, once sealed
	pending []uint64
	sealed  bool
	news    *Summary
}

// DiffFigures are what is new. Strings are printable.
type DiffFigures struct {
	DeniedNames  Table[NameFigures] `json:"denied_names"`
	AllowedNames Table[NameFigures] `json:"allowed_names"`
	CallsTo      Table[CallFigures] `json:"calls_to"`
	ForwardsTo   Table[CallFigures] `json:"forwards_to"`
}

// NewDiff makes a diff that has seen nothing.
func NewDiff() *Diff { return &Diff{seed: maphash.MakeSeed(), news: NewSummary()} }

// what is what an event asks for: two with one hash ask for the same. Not ok: it asks for nothing.
func (d *Diff) what(e *Event) (hash uint64, ok bool) {
	type asked struct {
		name, transport, peer string
		port, peerPort        int
	}
	switch {
	case e.Asked():
		return maphash.Comparable(d.seed, asked{name: e.ServerAddress}), true
	case e.Decision != "":
		return maphash.Comparable(d.seed, asked{e.ServerAddress, e.Transport, e.PeerAddress, e.ServerPort, e.PeerPort}), true
	}
	return 0, false
}

// Before takes an event of the first log.
func (d *Diff) Before(e *Event) {
	hash, ok := d.what(e)
	if !ok {
		return
	}
	d.pending = append(d.pending, hash)
	if least := 1 << 16; len(d.pending) >= max(least, len(d.known)/4) {
		d.merge()
	}
}

// merge adds what is pending to what is known.
func (d *Diff) merge() {
	d.known = append(d.known, d.pending...)
	d.pending = d.pending[:0]
	slices.Sort(d.known)
	d.known = slices.Compact(d.known)
}

// After takes an event of the second log, when all of the first were taken.
func (d *Diff) After(e *Event) {
	if !d.sealed {
		d.merge()
		d.pending, d.sealed = nil, true
	}
	hash, ok := d.what(e)
	if !ok {
		return
	}
	if _, known := slices.BinarySearch(d.known, hash); !known {
		d.news.Add(e)
	}
}

// Figures gives what is new. The diff is of no use afterwards.
func (d *Diff) Figures() *DiffFigures {
	f := d.news.Figures()
	return &DiffFigures{f.DeniedNames, f.AllowedNames, f.CallsTo, f.ForwardsTo}
}

// Any reports whether anything is new.
func (f *DiffFigures) Any() bool {
	return len(f.DeniedNames.Rows)+len(f.AllowedNames.Rows)+len(f.CallsTo.Rows)+len(f.ForwardsTo.Rows) > 0
}

// WriteText writes what is new for people, all of it: tables as wide as they are told, 0 for any width.
func (f *DiffFigures) WriteText(w io.Writer, width int) error {
	t := &textReport{width: width}
	if !f.Any() {
		t.line("Nothing is asked that was not before.")
	}
	t.names("New denied names", &f.DeniedNames)
	t.calls("New calls", &f.CallsTo)
	t.names("New allowed names", &f.AllowedNames)
	t.forwards("New connections carried outside", &f.ForwardsTo)
	if len(t.buf) > 0 && t.buf[0] == '\n' {
		t.buf = t.buf[1:]
	}
	_, err := w.Write(t.buf)
	return err
}
