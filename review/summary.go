package review

import (
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// How many rows the tables of a summary keep. What stands in a log is hostile: each may be another name.
const (
	maxNames     = 40_000 // of the denied, and again of the allowed
	maxDomains   = 10_000
	maxProcesses = 20_000
	maxSmall     = 2_000 // rules, reasons, hours, calls, forwards, sessions
)

// Summary counts events. Make one with [NewSummary]; it is one goroutine's. Its memory is bounded, whatever the events are.
type Summary struct {
	Questions Tally // names that were asked for
	Calls     Tally // calls that are no DNS
	Forwards  int64
	Reloads   int64
	Others    int64 // events of none of these kinds
	Events    int64 // lines with an event

	total     Tally
	denied    *bounded[string, *NameRow] // of names that the policy is against; kept apart, so that neither makes the others drop
	allowed   *bounded[string, *NameRow]
	domains   *bounded[string, *DomainRow]
	processes *bounded[processKey, *processRow]
	rules     *bounded[string, *TextRow]
	reasons   *bounded[string, *TextRow]
	hours     *bounded[int64, *TextRow]
	calls     *bounded[callKey, *CallRow]
	forwards  *bounded[callKey, *CallRow]
	sessions  *bounded[string, *TextRow]

	latency map[string]*Latency // by where the answer came from; "" is all of those that were allowed
	sources map[string]int64

	hour    *TextRow // of the last event, as most have the one before's
	hourKey int64
	process *processRow
	session *TextRow
}

// NameRow is what is known of a name.
type NameRow struct {
	Tally
	Name    string
	Reason  string // of the last denial
	Program string // that asked first
	Others  bool   // other programs did, too
	Budget  bool   // it went over the budget
}

func (r *NameRow) tally() *Tally { return &r.Tally }
func (r *NameRow) size() int     { return len(r.Name) + len(r.Program) + len(r.Reason) }

// DomainRow is what is known of a registrable domain.
type DomainRow struct {
	Tally
	Domain string
	Names  int64 // below it, or it; one that was dropped from its table and came again counts twice
}

func (r *DomainRow) tally() *Tally { return &r.Tally }
func (r *DomainRow) size() int     { return len(r.Domain) }

// TextRow is what is known of something that its text says.
type TextRow struct {
	Tally
	Text string
}

func (r *TextRow) tally() *Tally { return &r.Tally }
func (r *TextRow) size() int     { return len(r.Text) }

type callKey struct {
	transport, address string
	port               int
	peer               string
}

// CallRow is what is known of calls to an address, or of connections that were carried.
type CallRow struct {
	Tally
	Transport, Address string
	Port               int
	Peer               string
	PeerPort           int
	Out, In            int64 // bytes
	Failed             int64
}

func (r *CallRow) tally() *Tally { return &r.Tally }
func (r *CallRow) size() int     { return len(r.Transport) + len(r.Address) + len(r.Peer) }

// NewSummary makes a summary that has counted nothing.
func NewSummary() *Summary {
	s := &Summary{
		denied: newBounded[string, *NameRow](maxNames), allowed: newBounded[string, *NameRow](maxNames), domains: newBounded[string, *DomainRow](maxDomains),
		processes: newBounded[processKey, *processRow](maxProcesses),
		rules:     newBounded[string, *TextRow](maxSmall), reasons: newBounded[string, *TextRow](maxSmall), hours: newBounded[int64, *TextRow](maxSmall),
		calls: newBounded[callKey, *CallRow](maxSmall), forwards: newBounded[callKey, *CallRow](maxSmall), sessions: newBounded[string, *TextRow](maxSmall),
		latency: map[string]*Latency{"": {}}, sources: map[string]int64{},
	}
	for _, source := range answerSources {
		s.latency[source] = &Latency{}
	}
	s.denied.dropped, s.allowed.dropped = s.toDomain, s.toDomain
	return s
}

// answerSources are where answers come from, as the log names it. Others are not told apart.
var answerSources = []string{"upstream", "cache", "record", "local"}

// Add counts an event.
func (s *Summary) Add(e *Event) {
	at := int64(0)
	if !e.Time.IsZero() {
		at = e.Time.UnixMilli()
	}
	s.Events++
	s.total.see(at, at)
	s.inSession(e, at)
	switch {
	case e.Asked():
		s.Questions.add(e, at)
		s.name(e, at)
		s.decided(e, at)
		s.timed(e)
	case e.Name == audit.BlockDecision, e.Name == CodexDecision:
		s.Calls.add(e, at)
		s.call(s.calls, e, at)
		s.decided(e, at)
	case e.Name == audit.Forward:
		s.Forwards++
		s.call(s.forwards, e, at)
	case e.Name == audit.PolicyReload:
		s.Reloads++
	default:
		s.Others++
	}
}

// inSession counts sessions; a conversation is one where there is no session's id, as in Codex's events.
func (s *Summary) inSession(e *Event, at int64) {
	id := e.Session
	if id == "" {
		id = e.Conversation
	}
	if s.session == nil || s.session.Text != id {
		s.session = textRow(s.sessions, id, id)
	}
	if s.session.see(at, at); e.Decision != "" {
		s.session.add(e, at)
	}
}

func (s *Summary) name(e *Event, at int64) {
	table := s.allowed
	if e.Denied() || e.Observed {
		table = s.denied
	}
	r := table.rows[e.ServerAddress]
	if r == nil {
		r = &NameRow{Name: strings.Clone(e.ServerAddress), Program: strings.Clone(e.Executable)}
		table.put(r.Name, r)
	}
	r.add(e, at)
	if r.Program != e.Executable {
		r.Others = true
	}
	if table == s.denied && r.Reason != e.Reason {
		r.Reason = keptReason(e.Reason)
	}
	r.Budget = r.Budget || e.Reason == audit.ReasonBudget
}

// keptReason is a reason to keep: those that there are cost nothing.
func keptReason(reason string) string {
	for _, known := range []string{
		audit.ReasonNotAllowed, audit.ReasonDenied, audit.ReasonBudget, audit.ReasonNotAllowedLocal, audit.ReasonUnconfirmed,
	} {
		if reason == known {
			return known
		}
	}
	return strings.Clone(reason[:min(len(reason), audit.MaxString)])
}

// toDomain adds up what a name's row has. It is called once a row, when the row is dropped or all is counted.
func (s *Summary) toDomain(name string, r *NameRow) {
	domain := Domain(name)
	d := s.domains.rows[domain]
	if d == nil {
		d = &DomainRow{Domain: strings.Clone(domain)}
		s.domains.put(d.Domain, d)
	}
	d.join(&r.Tally)
	d.Names++
}

// decided counts a decision by what decided, when, and for whom.
func (s *Summary) decided(e *Event, at int64) {
	if e.Rule != "" {
		textRow(s.rules, e.Rule, e.Rule).add(e, at)
	}
	textRow(s.reasons, e.Reason, e.Reason).add(e, at)
	if at != 0 {
		if hour := at / time.Hour.Milliseconds(); s.hour == nil || s.hourKey != hour {
			s.hour, s.hourKey = textRow(s.hours, hour, ""), hour
		}
		s.hour.add(e, at)
	}
	if e.PID != 0 || e.Executable != "" {
		s.asker(e).add(e, at)
	}
}

// textRow is the row of a key, which is made where there is none.
func textRow[K comparable](table *bounded[K, *TextRow], key K, text string) *TextRow {
	r := table.rows[key]
	if r == nil {
		r = &TextRow{Text: strings.Clone(text)}
		if own, ok := any(r.Text).(K); ok {
			key = own
		}
		table.put(key, r)
	}
	return r
}

func (s *Summary) call(table *bounded[callKey, *CallRow], e *Event, at int64) {
	key := callKey{e.Transport, e.ServerAddress, e.ServerPort, e.PeerAddress}
	r := table.rows[key]
	if r == nil {
		key = callKey{strings.Clone(e.Transport), strings.Clone(e.ServerAddress), e.ServerPort, strings.Clone(e.PeerAddress)}
		r = &CallRow{Transport: key.transport, Address: key.address, Port: key.port, Peer: key.peer, PeerPort: e.PeerPort}
		table.put(key, r)
	}
	r.add(e, at)
	r.Out += e.ClientBytes
	r.In += e.ServerBytes
	if e.Error != "" {
		r.Failed++
	}
}

// timed counts how long answers took, and where they came from.
func (s *Summary) timed(e *Event) {
	if e.Denied() {
		return
	}
	n := int64(e.Times())
	l := s.latency[e.AnswerSource]
	if l != nil && e.AnswerSource != "" {
		s.sources[e.AnswerSource] += n
	}
	if e.Duration > 0 {
		s.latency[""].add(e.Duration, n)
		if l != nil && e.AnswerSource != "" {
			l.add(e.Duration, n)
		}
	}
}
