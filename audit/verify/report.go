package verify

import (
	"fmt"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Outcome is what comes of it all.
type Outcome string

// The outcomes. Damage outweighs a missing end.
const (
	Whole      Outcome = "whole"
	Unfinished Outcome = "unfinished" // nothing is damaged, but a session lacks its beginning or its end
	Damaged    Outcome = "damaged"
)

// Kind is what is wrong with a line, or noteworthy about it.
type Kind string

// The kinds of findings. From KindHalf on they are notes, and no damage.
const (
	KindChanged   Kind = "changed"   // its hash is not that of the line before and itself
	KindMissing   Kind = "missing"   // lines before it are not there
	KindMoved     Kind = "moved"     // it comes later than it should
	KindRepeated  Kind = "repeated"  // its number is there twice
	KindUnchained Kind = "unchained" // it looks like an event of ours, and is in no chain
	KindCount     Kind = "count"     // the last line counts otherwise
	KindAfterEnd  Kind = "after_end" // it stands behind the last line of its session
	KindStart     Kind = "start"     // a session begins with another event than it should
	KindSeal      Kind = "seal"      // it is not what was sealed
	KindUnread    Kind = "unread"    // the file could not be read to its end
	KindHalf      Kind = "half"      // half a line: of a write that failed, or cut at the end of the file
	KindForeign   Kind = "foreign"   // a line of something else
	KindTwice     Kind = "twice"     // the same lines are in another file too
)

// note says that a finding harms nothing.
func (k Kind) note() bool { return k == KindHalf || k == KindForeign || k == KindTwice }

// Finding is one thing that was noticed.
type Finding struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"` // 1 is the first; 0: of no line
	Kind     Kind   `json:"kind"`
	Session  string `json:"session,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"`
	Text     string `json:"text"`
}

// String is one printable line.
func (f Finding) String() string {
	place := ""
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d: ", f.File, f.Line)
	}
	return audit.Escape(place) + f.Text
}

// Session is one chain.
type Session struct {
	ID     string `json:"id"`
	First  uint64 `json:"first"`  // number of the first line that is there
	Events uint64 `json:"events"` // number of the last line that is there and follows from the one before
	Hash   string `json:"hash"`   // of that line
	Kept   bool   `json:"kept"`   // all lines are there but those that rotation has removed, as later ones say
	Ended  bool   `json:"ended"`  // it is the session's last
	File   string `json:"file"`   // where it stands
	Line   int    `json:"line"`
	Sealed bool   `json:"sealed,omitempty"` // it has every line that the seal knows of
}

// Whole says that a session has its first line, or the first that rotation has left, and its last.
func (s *Session) Whole() bool { return s.Kept && s.Ended }

// String says what a session lacks.
func (s *Session) String() string {
	text := fmt.Sprintf("session %s: ", s.ID)
	if !s.Kept {
		text += fmt.Sprintf("begins with event %d: those before were rotated away, or removed", s.First)
	}
	if !s.Ended {
		if !s.Kept {
			text += "; "
		}
		text += fmt.Sprintf("has no end after event %d: it was killed, still runs, or is cut off there", s.Events)
	}
	return audit.Escape(fmt.Sprintf("%s:%d: %s", s.File, s.Line, text))
}

// MaxFindings is how many findings of a kind are kept. All are counted.
const MaxFindings = 100

// Report is what a log has come to.
type Report struct {
	Outcome  Outcome      `json:"outcome"`
	Lines    int          `json:"lines"`
	Events   int          `json:"events"` // lines of a chain
	Sessions []Session    `json:"sessions"`
	Findings []Finding    `json:"findings"`
	Counts   map[Kind]int `json:"counts"` // of all findings
}

// Found is how many findings there are, kept or not.
func (r *Report) Found() int {
	n := 0
	for _, count := range r.Counts {
		n += count
	}
	return n
}

func (r *Report) add(f Finding) {
	if r.Counts[f.Kind]++; r.Counts[f.Kind] <= MaxFindings {
		r.Findings = append(r.Findings, f)
	}
}

// outcome is the worst of everything.
func (r *Report) outcome() Outcome {
	for kind, n := range r.Counts {
		if n > 0 && !kind.note() {
			return Damaged
		}
	}
	for i := range r.Sessions {
		if !r.Sessions[i].Whole() {
			return Unfinished
		}
	}
	return Whole
}
