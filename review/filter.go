package review

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

// Filter says which events are wanted: those that every field which is set wants. The zero value, and nil, want all. It is safe for
// concurrent use as long as it is not changed.
type Filter struct {
	Since, Until time.Time // the first that is wanted, and the first that is not
	Sessions     []string  // how the session's or the conversation's id begins
	Processes    []Process
	Names        *Names
	Decision     audit.Decision
	Observed     bool // those alone that would have been denied
}

// Match reports whether an event is wanted.
func (f *Filter) Match(e *Event) bool {
	return f == nil || f.matchTime(e.Time) &&
		(f.Sessions == nil || slices.ContainsFunc(f.Sessions, e.in)) &&
		(f.Processes == nil || slices.ContainsFunc(f.Processes, e.by)) &&
		(f.Names == nil || f.Names.Match(e)) &&
		(f.Decision == "" || f.Decision == e.Decision) && (!f.Observed || e.Observed)
}

// matchTime wants no event without a time where there is a bound.
func (f *Filter) matchTime(at time.Time) bool {
	return (f.Since.IsZero() || !at.Before(f.Since)) && (f.Until.IsZero() || !at.IsZero() && at.Before(f.Until))
}

// in reports whether id is how the session's or the conversation's begins.
func (e *Event) in(id string) bool {
	return strings.HasPrefix(e.Session, id) || strings.HasPrefix(e.Conversation, id)
}

// Process says which processes are wanted: a pid, the whole path of an executable, or a shell pattern for its last part.
type Process struct {
	pid        int
	executable string
}

// ParseProcess reads one.
func ParseProcess(s string) (Process, error) {
	if pid, err := strconv.Atoi(s); err == nil && pid > 0 {
		return Process{pid: pid}, nil
	}
	if _, err := path.Match(s, ""); err != nil || s == "" {
		return Process{}, fmt.Errorf("process %q: want a pid, a path or the name of a program", s)
	}
	return Process{executable: s}, nil
}

func (e *Event) by(p Process) bool {
	if p.pid != 0 {
		return e.PID == p.pid
	}
	name := e.Executable
	if !strings.Contains(p.executable, "/") {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	ok, err := path.Match(p.executable, name)
	return err == nil && ok
}

// Names says which names are wanted: those that a rule with one of its patterns would be about, their service labels
// among them, and addresses as they are written.
type Names struct {
	rules *policy.Set
	texts []string
}

// ParseNames reads patterns as a policy file has them.
func ParseNames(patterns []string) (*Names, error) {
	var rules []policy.Rule
	var errs []error
	for _, text := range patterns {
		pattern, err := policy.ParsePattern(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rules = append(rules, policy.Rule{Pattern: pattern, Effect: policy.Deny})
	}
	return &Names{policy.New(rules), patterns}, errors.Join(errs...)
}

// Match reports whether an event is about such a name. One whose octets no rule can name is about it where it ends as it.
func (n *Names) Match(e *Event) bool {
	return e.ServerAddress != "" && (e.Asked() && n.rules.Denied(e.ServerAddress) != nil || slices.Contains(n.texts, e.ServerAddress))
}

// ParseTime reads a time of a person: RFC 3339, a date, or how long ago it was (90m, 2h, 7d).
func ParseTime(s string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return at, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
		return at, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("time %q: want 2026-01-02T15:04:05Z, 2026-01-02, or how long ago: 90m, 2h, 7d", s)
}
