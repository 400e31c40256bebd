package review

import (
	"strconv"
	"time"
)

// What a line can tell of, so that sums stay what they are.
const (
	maxCount        = 1_000_000_000
	maxMicroseconds = 1_000_000_000_000_000 // 31 years
)

// values reads the value that comes next, as what the key wants. Not ok: it is something else.
type values interface {
	string() (string, bool)
	strings() ([]string, bool)
	number() (int64, bool)
	bool() (value, ok bool)
}

// set takes the value of a key. Unknown keys are not known, and their value is not read.
func (e *Event) set(key string, v values, clock *clock) (known, ok bool) {
	switch key {
	case "event.name":
		ok = text(&e.Name, v)
	case "event.timestamp":
		var s string
		if s, ok = v.string(); ok && s != "" {
			e.Time, ok = clock.parse(s)
		}
	case "conversation.id":
		ok = text(&e.Conversation, v)
	case "session.id":
		ok = text(&e.Session, v)
	case "observed":
		e.Observed, ok = v.bool()
	case "count":
		ok = whole(&e.Count, v) && 0 <= e.Count && e.Count <= maxCount
	case "chain.sequence":
		ok = whole(&e.Sequence, v)
	case "chain.hash":
		return false, true
	default:
		return e.setOther(key, v)
	}
	return true, ok
}

func (e *Event) setOther(key string, v values) (known, ok bool) {
	const policy, process = "network.policy.", "process."
	switch {
	case len(key) > len(policy) && key[:len(policy)] == policy:
		return e.setPolicy(key[len(policy):], v)
	case len(key) > len(process) && key[:len(process)] == process:
		return e.setProcess(key[len(process):], v)
	}
	return e.setNetwork(key, v)
}

func (e *Event) setPolicy(key string, v values) (known, ok bool) {
	switch key {
	case "scope":
		ok = text(&e.Scope, v)
	case "decision":
		ok = text(&e.Decision, v)
	case "source":
		ok = text(&e.PolicySource, v)
	case "reason":
		ok = text(&e.Reason, v)
	case "rule":
		ok = text(&e.Rule, v)
	case "override":
		e.Override, ok = v.bool()
	default:
		return false, true
	}
	return true, ok
}

func (e *Event) setProcess(key string, v values) (known, ok bool) {
	switch key {
	case "pid":
		ok = whole(&e.PID, v)
	case "parent_pid":
		ok = whole(&e.ParentPID, v)
	case "executable.path":
		ok = text(&e.Executable, v)
	case "command_args":
		e.Args, ok = v.strings()
	case "exit.code":
		code := 0
		ok = whole(&code, v)
		e.ExitCode = &code
	case "exit.signal":
		ok = text(&e.ExitSignal, v)
	default:
		return false, true
	}
	return true, ok
}

func (e *Event) setNetwork(key string, v values) (known, ok bool) {
	switch key {
	case "network.transport.protocol":
		ok = text(&e.Transport, v)
	case "server.address":
		ok = text(&e.ServerAddress, v)
	case "server.port":
		ok = whole(&e.ServerPort, v)
	case "client.address":
		ok = text(&e.ClientAddress, v)
	case "dns.question.type":
		ok = text(&e.QuestionType, v)
	case "dns.response_code":
		ok = text(&e.ResponseCode, v)
	case "dns.answer.source":
		ok = text(&e.AnswerSource, v)
	case "dns.answers":
		e.Answers, ok = v.strings()
	case "dns.resolver.address":
		ok = text(&e.ResolverAddress, v)
	case "syscall.name":
		ok = text(&e.Syscall, v)
	case "duration_us":
		var us int64
		us, ok = v.number()
		ok = ok && 0 <= us && us <= maxMicroseconds
		e.Duration = time.Duration(us) * time.Microsecond
	default:
		return e.setRare(key, v)
	}
	return true, ok
}

func (e *Event) setRare(key string, v values) (known, ok bool) {
	switch key {
	case "policy.file":
		ok = text(&e.PolicyFile, v)
	case "policy.result":
		ok = text(&e.PolicyResult, v)
	case "policy.reason":
		ok = text(&e.PolicyReason, v)
	case "network.peer.address":
		ok = text(&e.PeerAddress, v)
	case "network.peer.port":
		ok = whole(&e.PeerPort, v)
	case "client.bytes":
		ok = whole(&e.ClientBytes, v)
	case "server.bytes":
		ok = whole(&e.ServerBytes, v)
	case "error.type":
		ok = text(&e.Error, v)
	case "http.request.method":
		ok = text(&e.Method, v)
	default:
		return e.setSession(key, v)
	}
	return true, ok
}

func (e *Event) setSession(key string, v values) (known, ok bool) {
	switch key {
	case "service.version":
		ok = text(&e.Version, v)
	case "policy.digest":
		ok = text(&e.PolicyDigest, v)
	case "network.local.address":
		ok = text(&e.Listen, v)
	case "error.message":
		ok = text(&e.Message, v)
	case "session.events":
		ok = whole(&e.Lines, v)
	default:
		return false, true
	}
	return true, ok
}

func text[T ~string](to *T, v values) bool {
	s, ok := v.string()
	*to = T(s)
	return ok
}

func whole[T ~int | ~int64](to *T, v values) bool {
	n, ok := v.number()
	*to = T(n)
	return ok
}

// finish makes what Codex writes where it has nothing into nothing, and says whether the event is one to be told of.
func (e *Event) finish() bool {
	if e.Name == CodexDecision {
		if e.Method == "none" {
			e.Method = ""
		}
		if e.ClientAddress == "unknown" {
			e.ClientAddress = ""
		}
		return true
	}
	const ours = "codex.dns."
	return len(e.Name) > len(ours) && e.Name[:len(ours)] == ours
}

// clock reads times, and remembers the day, of which there are few.
type clock struct {
	day   string // 2006-01-02
	start int64  // of the day, in seconds
}

// written is the form of event.timestamp.
const written = "2006-01-02T15:04:05.000Z"

func (c *clock) parse(s string) (time.Time, bool) {
	if len(s) != len(written) || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return parseTime(s)
	}
	if s[:10] != c.day {
		day, err := time.Parse(time.DateOnly, s[:10])
		if err != nil {
			return time.Time{}, false
		}
		c.day, c.start = s[:10], day.Unix()
	}
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	milli := digits(s[20:23])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || milli < 0 {
		return time.Time{}, false
	}
	return time.Unix(c.start+int64(3600*hour+60*minute+second), int64(milli)*int64(time.Millisecond)).UTC(), true
}

// digits is a number of few digits, or -1.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.UTC(), err == nil
}

// unixNano reads the times of OTLP.
func unixNano(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, false
	}
	return time.Unix(0, n).UTC(), true
}
