package review

import (
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// CodexDecision is the event of Codex's own network proxy.
const CodexDecision audit.Name = "codex.network_proxy.policy_decision"

// Ask is the decision of Codex that a person was asked.
const Ask audit.Decision = "ask"

// Event is one event as a line tells it. See package audit for what the keys mean; a key that is not there is a zero value.
// Strings are escaped as they are in the log (see [audit.Show]), and none is trusted.
type Event struct {
	File string // as it was named, or "-"
	Line int    // from 1

	Name audit.Name
	Time time.Time // UTC; zero where the line has none

	Conversation string
	Session      string

	Scope        audit.Scope
	Decision     audit.Decision
	PolicySource string
	Reason       string
	Rule         string
	Observed     bool

	PolicyFile   string
	PolicyResult string
	PolicyReason string

	Transport       string
	ServerAddress   string // the name asked for, or the address or path of a call
	ServerPort      int
	ClientAddress   string // host:port
	QuestionType    string
	ResponseCode    string
	AnswerSource    string // record, cache, upstream or local, of an allowed question
	Answers         []string
	ResolverAddress string

	PeerAddress string
	PeerPort    int
	ClientBytes int64
	ServerBytes int64
	Error       string

	Duration   time.Duration
	Syscall    string
	PID        int
	ParentPID  int
	Executable string
	Args       []string

	Count    int   // events that this one stands for; zero is one
	Sequence int64 // the line's number in its session; zero where the log has no chain

	// Of a session's first line, or its last; the digest of an applied reload, too.
	Version      string // of codex-dnsvisor
	PolicyDigest string
	Listen       string // the path of a forwarder's socket
	ExitCode     *int   // nil where there is none
	ExitSignal   string
	Message      string // why the session failed
	Lines        int64  // of the session

	// Codex's.
	Method   string // of HTTP
	Override bool   // allowed by whoever was asked, against the policy
}

// Times is how many times what the event tells of happened, beyond what an earlier line told: a line with a count tells
// of all the retries of a question whose first has a line of its own.
func (e *Event) Times() int {
	if e.Count > 1 {
		return e.Count - 1
	}
	return 1
}

// Asked reports whether a name was asked for, which then is ServerAddress. Codex is asked for hosts, addresses among them.
func (e *Event) Asked() bool {
	return e.Name == audit.PolicyDecision || e.Name == CodexDecision && e.Scope != audit.ScopeNonDomain
}

// Denied reports whether it was not let through.
func (e *Event) Denied() bool { return e.Decision == audit.Deny || e.Decision == Ask }

// Clone is a copy to keep: the strings of an event that [Reader.Events] gives share the memory of a block of lines.
func (e *Event) Clone() *Event {
	c := *e
	for _, s := range c.strings() {
		*s = strings.Clone(*s)
	}
	c.Name, c.Scope, c.Decision = audit.Name(strings.Clone(string(e.Name))), audit.Scope(strings.Clone(string(e.Scope))), audit.Decision(strings.Clone(string(e.Decision)))
	c.Answers, c.Args = cloneAll(e.Answers), cloneAll(e.Args)
	return &c
}

func (e *Event) strings() []*string {
	return []*string{
		&e.Conversation, &e.Session, &e.PolicySource, &e.Reason, &e.Rule, &e.PolicyFile, &e.PolicyResult, &e.PolicyReason,
		&e.Transport, &e.ServerAddress, &e.ClientAddress, &e.QuestionType, &e.ResponseCode, &e.AnswerSource, &e.ResolverAddress,
		&e.PeerAddress, &e.Error, &e.Syscall, &e.Executable, &e.Method,
		&e.Version, &e.PolicyDigest, &e.Listen, &e.ExitSignal, &e.Message,
	}
}

func cloneAll(list []string) []string {
	if list == nil {
		return nil
	}
	c := make([]string, len(list))
	for i, s := range list {
		c[i] = strings.Clone(s)
	}
	return c
}
