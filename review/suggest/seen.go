package suggest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// most is how many programs, types and askers of a name are kept.
const most = 16

// Seen says how often something was asked for, when, and by whom.
type Seen struct {
	Times    int64     `json:"times"`
	First    time.Time `json:"first"` // zero where no event has a time
	Last     time.Time `json:"last"`
	Programs []string  `json:"programs,omitempty"`
	Types    []string  `json:"types,omitempty"`

	askers []asker
}

// asker is a process.
type asker struct {
	session string
	pid     int
}

func (s *Seen) add(e *review.Event) {
	s.Times += int64(e.Times())
	s.during(e.Time, e.Time)
	s.Programs = with(s.Programs, e.Executable)
	s.Types = with(s.Types, e.QuestionType)
	if who := (asker{e.Session, e.PID}); e.PID != 0 && len(s.askers) < most && !slices.Contains(s.askers, who) {
		who.session = strings.Clone(who.session)
		s.askers = append(s.askers, who)
	}
}

// join adds what was seen of something else.
func (s *Seen) join(o *Seen) {
	s.Times += o.Times
	s.during(o.First, o.Last)
	for _, program := range o.Programs {
		s.Programs = with(s.Programs, program)
	}
	for _, kind := range o.Types {
		s.Types = with(s.Types, kind)
	}
}

func (s *Seen) during(first, last time.Time) {
	if !first.IsZero() && (s.First.IsZero() || first.Before(s.First)) {
		s.First = first
	}
	if last.After(s.Last) {
		s.Last = last
	}
}

// with is a set with one more, if it has room; the event's memory is not kept.
func with(set []string, one string) []string {
	if one == "" || len(set) >= most || slices.Contains(set, one) {
		return set
	}
	return append(set, strings.Clone(one))
}

// shared reports whether one process asked for both.
func (s *Seen) shared(o *Seen) bool {
	return slices.ContainsFunc(s.askers, func(a asker) bool { return slices.Contains(o.askers, a) })
}

// String is for a comment: printable, whatever the programs are called.
func (s *Seen) String() string {
	text := times(s.Times)
	if by := few(s.Programs); by != "" {
		text += ", by " + by
	}
	if when := during(s.First, s.Last); when != "" {
		text += ", " + when
	}
	if types := few(s.Types); types != "" {
		text += " (" + types + ")"
	}
	return text
}

func times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// few lists the first of many.
func few(all []string) string {
	const shown = 3
	texts := make([]string, 0, shown+1)
	for _, s := range all[:min(shown, len(all))] {
		texts = append(texts, brief(s))
	}
	if len(all) > shown {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

// brief shows a text of a line's length, and the end of a longer one: that of a path says most.
func brief(s string) string {
	const longest = 64
	if runes := []rune(audit.Show(s)); len(runes) > longest {
		return "…" + string(runes[len(runes)-longest:])
	}
	return audit.Show(s)
}

// during is an interval in minutes, UTC, with one date where one does.
func during(first, last time.Time) string {
	const day, minute = "2006-01-02", "15:04"
	from, to := first.UTC(), last.UTC()
	switch {
	case first.IsZero():
		return ""
	case from.Format(day+minute) == to.Format(day+minute):
		return from.Format(day + " " + minute)
	case from.Format(day) == to.Format(day):
		return from.Format(day+" "+minute) + " to " + to.Format(minute)
	}
	return from.Format(day+" "+minute) + " to " + to.Format(day+" "+minute)
}
