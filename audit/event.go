package audit

import (
	"net/netip"
	"time"
)

// Name is what an event tells of.
type Name string

// The kinds of events: three of decisions, one of what decides, and the first and the last of a session.
const (
	PolicyDecision Name = "codex.dns.policy_decision" // a name that was asked for
	BlockDecision  Name = "codex.dns.block_decision"  // a call that is not DNS
	Forward        Name = "codex.dns.forward"         // a connection that was carried outside, at its end
	PolicyReload   Name = "codex.dns.policy_reload"   // a policy file that has changed
	SessionStart   Name = "codex.dns.session_start"   // see [Log.Start]
	SessionEnd     Name = "codex.dns.session_end"     // see [Log.End]
)

// Scope says whether a decision was about a domain name.
type Scope string

// The scopes, as Codex spells them.
const (
	ScopeDomain    Scope = "domain"
	ScopeNonDomain Scope = "non_domain"
)

// Decision is what was decided.
type Decision string

// The decisions, as Codex spells them.
const (
	Allow Decision = "allow"
	Deny  Decision = "deny"
)

// Values of [Event.PolicySource]: what decided. The first is Codex's.
const (
	SourceBaselinePolicy = "baseline_policy" // an allow or deny pattern, or that there was none
	SourceRecord         = "record"          // a static record
	SourceDerived        = "derived"         // a lease that an allowed name's authority gave
)

// Values of [Event.Reason], as Codex spells them.
const (
	ReasonAllow           = "allow"
	ReasonDenied          = "denied"            // a deny pattern
	ReasonNotAllowed      = "not_allowed"       // no allow pattern
	ReasonNotAllowedLocal = "not_allowed_local" // loopback, link-local and the like
	ReasonUnconfirmed     = "unconfirmed"       // the name of an address does not have that address
	ReasonBudget          = "budget"            // more names of a wildcard than its budget
)

// Values of [Event.Transport].
const (
	TransportDNSUDP  = "dns_udp"
	TransportDNSTCP  = "dns_tcp"
	TransportDNSUnix = "dns_unix" // at a forwarder's socket
	TransportUDP     = "udp"
	TransportTCP     = "tcp"
	TransportUnix    = "unix"
)

// Values of [Event.PolicyResult].
const (
	ReloadApplied = "applied" // the new policy decides from here on
	ReloadRefused = "refused" // it cannot be used, and the old one stays
)

// Event is one decision, or a change of what decides. Zero values are left out of the line, but for Time. Strings may hold any bytes.
type Event struct {
	Name Name
	Time time.Time // zero means now; retries fold from it on

	Scope        Scope
	Decision     Decision
	PolicySource string
	Reason       string
	Rule         string
	Observed     bool // allowed, and source, reason and rule are what the policy would have denied it by

	PolicyFile   string // whose change led to a reload
	PolicyResult string
	PolicyReason string // why the change was refused
	PolicyDigest string // of the policy that decides from here on

	Transport       string
	ServerAddress   string // in ScopeDomain lower-cased and stripped of its trailing dot
	ServerPort      int
	ClientAddress   netip.AddrPort // v4-mapped addresses are written as IPv4; a zero port is left out
	QuestionType    string
	ResponseCode    string
	AnswerSource    string // of an allowed question: where the answer came from, as package resolve names it
	Answers         []string
	ResolverAddress netip.AddrPort // written without its port, which is ServerPort

	PeerAddress string // what a forward connected to outside: a host, or the path of a socket
	PeerPort    int
	ClientBytes int64  // carried from the client
	ServerBytes int64  // carried to the client
	Error       string // the name of the errno, or a word

	Duration time.Duration
	Syscall  string
	Process  Process
	Key      RetryKey // zero means that the event is never folded

	start *Start
	end   *Ending
}

// Process is who asked. Zero values are unknown.
type Process struct {
	PID, ParentPID int
	Executable     string
	Args           []string
	ArgsCut        bool // there was more than Args holds, from the end of its last string on
}
