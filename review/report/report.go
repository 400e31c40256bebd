package report

import (
	"io"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// Bounds of a page, which keep its file below 25 MiB.
const (
	MaxEvents = 100_000
	MaxText   = 8 << 20 // bytes of all texts, as JSON
	MaxString = 1024    // bytes of a text
)

// Options are what a page says of itself.
type Options struct {
	By  string    // the program that makes it
	Now time.Time // zero is the time of the making
}

// Report gathers events, in any order. Its memory is bounded, whatever their number.
type Report struct {
	opts      Options
	texts     dictionary
	processes crowd
	kept      heap
	line      timeline
	total     totals
	skipped   int64
	seen      uint64
}

// totals counts what happened, by decision.
type totals [4]int64

// New makes an empty report.
func New(opts Options) *Report {
	r := &Report{opts: opts, texts: dictionary{}, line: newTimeline()}
	r.processes = crowd{texts: &r.texts, all: map[identity]*process{}}
	return r
}

// Skipped says how many lines could not be read.
func (r *Report) Skipped(lines int) { r.skipped = int64(lines) }

// Add takes one event, and keeps nothing of its memory.
func (r *Report) Add(e *review.Event) {
	v := verdictOf(e)
	times := timesOf(e)
	r.total[v] += times
	at := millis(e.Time)
	if !e.Time.IsZero() {
		r.line.add(at, v, times)
	}
	r.seen++
	rank := rank{denied: v <= would, time: at, seen: r.seen}
	if r.full() && rank.less(r.kept[0].rank) {
		return
	}
	r.kept.push(r.entry(e, v, rank))
	for len(r.kept) > MaxEvents || r.texts.bytes > MaxText && len(r.kept) > 1 {
		r.release(r.kept.pop())
	}
}

func (r *Report) full() bool { return len(r.kept) >= MaxEvents }

// WriteTo writes the page.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	err := r.page(counted)
	return counted.n, err
}

// verdict is a decision as the page has it; those that were denied, or would be, come first.
type verdict int

const (
	denied verdict = iota
	would
	allowed
	nothing // it is no decision
)

func verdictOf(e *review.Event) verdict {
	switch {
	case e.Observed:
		return would
	case e.Denied():
		return denied
	case e.Decision == audit.Allow:
		return allowed
	}
	return nothing
}

// most bounds numbers, so that sums of them are numbers of JavaScript, too.
const most = 1_000_000_000

func timesOf(e *review.Event) int64 { return min(int64(e.Times()), most) }

// millis is a time as the page has it; what has none is the zero.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
