package audit

import (
	"strings"
	"testing"
	"time"
)

// A stamp that has written others writes each time as the time package does.
func TestStamp(t *testing.T) {
	east := time.FixedZone("", 3600)
	var p stampPart
	for _, at := range []time.Time{
		time.Date(2026, 1, 1, 0, 59, 59, 999_999_999, east),
		time.Date(2026, 1, 1, 0, 59, 59, 0, east),
		time.Date(2026, 1, 1, 1, 0, 0, 7_000_000, east),
		time.Date(2025, 12, 31, 23, 59, 59, 70_999_999, time.UTC), // a clock set back
		time.Unix(0, 0),
		{},
	} {
		want := `{"event.name":"x","event.timestamp":"` + at.UTC().Format("2006-01-02T15:04:05.000Z") + `"`
		if got := string(p.appendTo(nil, "x", at)); got != want {
			t.Errorf("%s, not %s", got, want)
		}
		if got := string(p.appendTo(nil, "y", at)); got != strings.Replace(want, "x", "y", 1) {
			t.Errorf("another kind of event at %s begins as %s", at, got)
		}
	}
}
