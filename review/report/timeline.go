package report

import (
	"slices"
	"time"
)

// bars is how many the time line has at most.
const bars = 120

// widths are what a bar may stand for, each a multiple of the one before; beyond the last it doubles.
var widths = []time.Duration{
	100 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// timeline counts decisions by when they were made, all of them in at most [bars] bars.
type timeline struct {
	width     int64 // milliseconds
	counts    map[int64]*totals
	low, high int64 // of counts, where there are some
}

func newTimeline() timeline {
	return timeline{width: widths[0].Milliseconds(), counts: map[int64]*totals{}}
}

func (l *timeline) add(millis int64, v verdict, times int64) {
	bar := floor(millis, l.width)
	if len(l.counts) == 0 {
		l.low, l.high = bar, bar
	}
	l.low, l.high = min(l.low, bar), max(l.high, bar)
	for l.high-l.low >= bars {
		l.widen()
		bar = floor(millis, l.width)
	}
	if l.counts[bar] == nil {
		l.counts[bar] = &totals{}
	}
	l.counts[bar][v] += times
}

// widen makes bars wider.
func (l *timeline) widen() {
	width := 2 * l.width
	if i := slices.IndexFunc(widths, func(w time.Duration) bool { return w.Milliseconds() > l.width }); i >= 0 {
		width = widths[i].Milliseconds()
	}
	times := width / l.width
	wider := make(map[int64]*totals, len(l.counts))
	for bar, counts := range l.counts {
		at := floor(bar, times)
		if wider[at] == nil {
			wider[at] = &totals{}
		}
		for v, n := range counts {
			wider[at][v] += n
		}
	}
	l.width, l.counts, l.low, l.high = width, wider, floor(l.low, times), floor(l.high, times)
}

// floor divides towards the past.
func floor(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}
