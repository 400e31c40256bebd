package main

import "fmt"

// goal is what a row has to reach. The zero value: it is only stated.
type goal struct {
	Ratio      float64 // at most; of throughput and of what is counted by the second, at least
	Throughput bool    // the ratio is the peer's time to ours
	Beyond     float64 // how much more than the peer ours may be
	Most       float64 // what ours may be
	Tail       float64 // what the 99th percentile may be
}

// verdict says what the goal of a row is, and whether it is met.
func (r row) verdict() (text string, met bool) {
	g, ours, base := r.Goal, median(r.Ours.P50), median(r.Base.P50)
	met = true
	want := func(ok bool, format string, v any) {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf(format, v)
		met = met && ok
	}
	if g.Ratio > 0 && r.moreIsBetter() {
		want(r.ratio() >= g.Ratio, "≥ %.3g", g.Ratio)
	} else if g.Ratio > 0 {
		want(r.ratio() <= g.Ratio, "≤ %.3g", g.Ratio)
	}
	if g.Beyond > 0 {
		want(ours-base <= g.Beyond, "≤ %s more", r.Unit.short(g.Beyond))
	}
	if g.Most > 0 {
		want(ours <= g.Most, "≤ %s", r.Unit.short(g.Most))
	}
	if g.Tail > 0 {
		want(r.Ours.tail(r.Unit) <= g.Tail, "p99 ≤ %s", r.Unit.short(g.Tail))
	}
	return text, met
}

// short is a figure for people.
func (u unit) short(v float64) string {
	switch {
	case v == 0:
		return ""
	case u == perSecond:
		return fmt.Sprintf("%.0f/s", v)
	case u == mebibytes:
		return fmt.Sprintf("%.1f MiB", v)
	case v < 1e6:
		return fmt.Sprintf("%.1f µs", v/1e3)
	case v < 1e10:
		return fmt.Sprintf("%.1f ms", v/1e6)
	}
	return fmt.Sprintf("%.1f s", v/1e9)
}
