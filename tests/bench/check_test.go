package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// measured is a row of one round.
func measured(work string, unit unit, throughput bool, ours, base float64) row {
	return row{Work: work, Unit: unit, Goal: goal{Ratio: 1, Throughput: throughput}, Ours: series{P50: []float64{ours}, P99: []float64{ours}}, Base: series{P50: []float64{base}, P99: []float64{base}}}
}

// TestCheck: a ratio that is twice as bad as on the page is told, whichever way it goes, and one that is twice as good is not.
func TestCheck(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	var text strings.Builder
	if err := table(&text, []row{measured("time", nanoseconds, false, 2e3, 1e3), measured("bulk", nanoseconds, true, 2e3, 1e3), measured("rate", perSecond, false, 1000, 2000), measured("quick", nanoseconds, false, 1e3, 4e3)}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row   row
		worse bool
	}{
		{measured("time", nanoseconds, false, 4e3, 1e3), true},
		{measured("time", nanoseconds, false, 1e3, 1e3), false},
		{measured("bulk", nanoseconds, true, 4e3, 1e3), true},
		{measured("bulk", nanoseconds, true, 1e3, 1e3), false},
		{measured("rate", perSecond, false, 500, 2000), true},
		{measured("rate", perSecond, false, 2000, 2000), false},
		{measured("new", nanoseconds, false, 9e3, 1e3), false},
		{measured("quick", nanoseconds, false, 1e3, 1e3), false}, // four times as bad, and as good as its goal
		{measured("quick", nanoseconds, false, 2e3, 1e3), true},
	} {
		if err := check(t.Output(), page, []row{c.row}); (err != nil) != c.worse {
			t.Errorf("%s, %v beside %v: %v", c.row.Work, c.row.Ours.P50, c.row.Base.P50, err)
		}
	}
}

// TestVerdict: each kind of goal can be missed and met.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		goal       goal
		unit       unit
		ours, base float64
		met        bool
	}{
		{goal{Ratio: 1.3}, nanoseconds, 1.3, 1, true},
		{goal{Ratio: 1.3}, nanoseconds, 1.4, 1, false},
		{goal{Ratio: 0.9, Throughput: true}, nanoseconds, 1, 0.9, true},
		{goal{Ratio: 0.9, Throughput: true}, nanoseconds, 1, 0.8, false},
		{goal{Ratio: 0.8}, perSecond, 8, 10, true},
		{goal{Ratio: 0.8}, perSecond, 7, 10, false},
		{goal{Beyond: 3}, nanoseconds, 4, 1, true},
		{goal{Beyond: 3}, nanoseconds, 5, 1, false},
		{goal{Most: 20}, mebibytes, 20, 0, true},
		{goal{Most: 20}, mebibytes, 21, 0, false},
		{goal{Beyond: 3, Tail: 10}, nanoseconds, 11, 10, false},
	} {
		r := measured("", c.unit, false, c.ours, c.base)
		r.Goal = c.goal
		if text, met := r.verdict(); met != c.met || text == "" {
			t.Errorf("%+v, %v beside %v: %q, %v", c.goal, c.ours, c.base, text, met)
		}
	}
}
