package review

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Readable writes events as lines for people. Nothing of an event is printed but by [audit.Show].
type Readable struct {
	Colour bool
	Judge  *Judge // nil marks nothing
}

// Colours of decisions, as SGR has them (ECMA-48 section 8.3.117).
const (
	red, green, yellow, dim = "31", "32", "33", "2"
)

// Append appends the line of an event, with its newline: when, what was decided, about what, why, and by whom.
func (r *Readable) Append(dst []byte, e *Event) []byte {
	word, colour := verdict(e)
	dst = append(dst, when(e.Time)...)
	dst = append(dst, ' ')
	dst = r.paint(dst, fmt.Sprintf("%-7s", word), colour)
	dst = appendParts(dst, e)
	if r.Judge != nil {
		if why := r.Judge.Look(e); why != "" {
			dst = r.paint(append(dst, ' '), "[looks like data: "+why+"]", yellow)
		}
	}
	return append(dst, '\n')
}

// plain is the line without time, colour and mark.
func plain(e *Event) string {
	word, _ := verdict(e)
	return string(appendParts([]byte(word), e))
}

func appendParts(dst []byte, e *Event) []byte {
	for _, part := range parts(e) {
		if part != "" {
			dst = append(append(dst, ' '), part...)
		}
	}
	return dst
}

func (r *Readable) paint(dst []byte, s, colour string) []byte {
	if !r.Colour {
		return append(dst, s...)
	}
	return fmt.Appendf(dst, "\x1b[%sm%s\x1b[0m", colour, s)
}

// when is a time in UTC, or as many dashes.
func when(at time.Time) string {
	const form = "2006-01-02 15:04:05.000"
	if at.IsZero() {
		return strings.Repeat("-", len(form))
	}
	return at.UTC().Format(form)
}

// verdict is the word for a decision, or for what else is told.
func verdict(e *Event) (word, colour string) {
	switch {
	case e.Observed && e.Decision == audit.Allow:
		return "observe", yellow // it would have been denied
	case e.Decision == audit.Deny:
		return "deny", red
	case e.Decision == Ask:
		return "ask", yellow
	case e.Decision == audit.Allow:
		return "allow", green
	}
	switch e.Name {
	case audit.SessionStart:
		return "start", dim
	case audit.SessionEnd:
		return "end", dim
	case audit.PolicyReload:
		return "reload", dim
	default:
		return "-", dim
	}
}

func parts(e *Event) []string {
	switch e.Name {
	case audit.SessionStart:
		return []string{show("session", e.Session), show("version", e.Version), observing(e.Observed), show("listens at", e.Listen), command(e.Args)}
	case audit.SessionEnd:
		return []string{show("session", e.Session), exit(e), show("failed:", e.Message)}
	case audit.PolicyReload:
		return []string{audit.Show(e.PolicyFile), audit.Show(e.PolicyResult), audit.Show(e.PolicyReason)}
	case audit.PolicyDecision:
		return []string{word(e.ServerAddress), audit.Show(e.QuestionType), outcome(e), why(e), times(e), by(e)}
	case audit.Forward:
		return []string{audit.Show(e.Transport), address(e), "carried to", peer(e), carried(e), audit.Show(e.Error), why(e), by(e)}
	default:
		return []string{audit.Show(e.Transport), address(e), audit.Show(e.Method), outcome(e), why(e), overridden(e), times(e), by(e), other(e)}
	}
}

// word gives what a target chose, in quotes where it could be taken for several words.
func word(s string) string {
	if s = audit.Show(s); strings.ContainsAny(s, ` "()[]`) {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return s
}

// show gives a value with its name before it, or nothing.
func show(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + audit.Show(value)
}

func observing(yes bool) string {
	if yes {
		return "observing: nothing is denied"
	}
	return ""
}

// command is one as a shell would be told, about.
func command(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return "runs " + words(args)
}

// words are strings one behind the other, in quotes where one could be taken for several.
func words(list []string) string {
	all := make([]string, len(list))
	for i, s := range list {
		if all[i] = audit.Show(s); s == "" || strings.ContainsAny(s, " \"'$`&|;<>()*?") {
			all[i] = "'" + all[i] + "'"
		}
	}
	return strings.Join(all, " ")
}

func exit(e *Event) string {
	text := ""
	if e.ExitCode != nil {
		text = "exit status " + strconv.Itoa(*e.ExitCode)
	}
	if e.ExitSignal != "" {
		text = "ended by " + audit.Show(e.ExitSignal)
	}
	if e.Lines > 0 {
		text += fmt.Sprintf(" after %d lines", e.Lines)
	}
	return strings.TrimSpace(text)
}

// outcome is what was answered.
func outcome(e *Event) string {
	parts := make([]string, 0, len(e.Answers)+1)
	if e.ResponseCode != "" && (e.ResponseCode != "NOERROR" || len(e.Answers) == 0) {
		parts = append(parts, audit.Show(e.ResponseCode))
	}
	const few = 8
	for _, answer := range e.Answers[:min(few, len(e.Answers))] {
		parts = append(parts, word(answer))
	}
	if more := len(e.Answers) - few; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	if len(parts) == 0 {
		return ""
	}
	return "-> " + strings.Join(parts, " ")
}

// why is what decided.
func why(e *Event) string {
	reason := e.Reason
	if e.Reason == audit.ReasonAllow {
		reason = ""
	}
	switch {
	case reason != "" && e.Rule != "":
		return "(" + audit.Show(reason) + " by " + word(e.Rule) + ")"
	case e.Rule != "":
		return "(by " + word(e.Rule) + ")"
	case reason != "":
		return "(" + audit.Show(reason) + ")"
	}
	return ""
}

func overridden(e *Event) string {
	if e.Override {
		return "a person allowed it"
	}
	return ""
}

func times(e *Event) string {
	if e.Count > 1 {
		return fmt.Sprintf("%d times in all", e.Count)
	}
	return ""
}

// by is who asked: the program's name and its pid.
func by(e *Event) string {
	name := e.Executable[strings.LastIndexByte(e.Executable, '/')+1:]
	switch {
	case name == "" && e.PID == 0:
		return ""
	case e.PID == 0:
		return "by " + word(name)
	}
	return fmt.Sprintf("by %s[%d]", word(name), e.PID)
}

// address is what a call or a connection was for.
func address(e *Event) string { return join(e.ServerAddress, e.ServerPort) }

func peer(e *Event) string { return join(e.PeerAddress, e.PeerPort) }

func join(host string, port int) string {
	if port == 0 {
		return word(host)
	}
	if strings.ContainsRune(host, ':') {
		return "[" + word(host) + "]:" + strconv.Itoa(port)
	}
	return word(host) + ":" + strconv.Itoa(port)
}

func carried(e *Event) string {
	return fmt.Sprintf("%d bytes out, %d in", e.ClientBytes, e.ServerBytes)
}

// other names an event of a kind that is not known here.
func other(e *Event) string {
	if e.Decision != "" {
		return ""
	}
	return audit.Show(string(e.Name))
}
