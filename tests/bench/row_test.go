package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFailedRow: a command whose time is up ends, though a child of its own holds its output, and the table has the reason.
func TestFailedRow(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	if err := unix.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		_, err := os.ReadFile(started)
		cancel(errors.Join(errBound, err))
	}()
	j := job{row: row{Work: "hang"}, ours: printed("sh", "-c", `sleep 1000 & echo >"$1"; wait`, "sh", started)}
	r := j.measure(ctx, 1)
	if !errors.Is(r.Failed, errBound) {
		t.Fatalf("failed for %v", r.Failed)
	}
	var text strings.Builder
	if err := table(&text, []row{r, measured("fine", nanoseconds, false, 1e3, 1e3)}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "failed: ") || !strings.Contains(text.String(), errBound.Error()) {
		t.Errorf("the table does not say why:\n%s", text.String())
	}
	if then := ratios(text.String()); len(then) != 1 || then["fine"] != 1 {
		t.Errorf("read back: %v", then)
	}
}

// TestTail: where a round has one value, the worst round is the tail.
func TestTail(t *testing.T) {
	var once, often series
	for _, v := range []float64{3, 1, 2} {
		once.add([]float64{v})
		often.add([]float64{v, v})
	}
	if a, b, c := once.tail(nanoseconds), once.tail(perSecond), often.tail(nanoseconds); a != 3 || b != 1 || c != 2 {
		t.Errorf("%v, %v, %v", a, b, c)
	}
}

// TestFailedCurve: what was measured before a point that fails is kept.
func TestFailedCurve(t *testing.T) {
	c := curve{title: "growth", points: []int{1, 10, 100}, most: 2, sides: []side{{"ours", func(_ context.Context, n int) (float64, error) {
		if n == 100 {
			return 0, errors.New("too many")
		}
		return float64(n), nil
	}}}}
	c.measure(t.Context(), 3)
	var text strings.Builder
	c.print(&text)
	for _, want := range []string{"Failed: growth, ours, 100: too many", "| 1 | 10 |\n", "10.00 times the first (≤ 2: **missed**)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, text.String())
		}
	}
	if !strings.Contains(c.plot(), "<polyline") {
		t.Error("no plot")
	}
}
