package report

import (
	"net"
	"strconv"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// rank is what an event is kept by: those that were denied before others, the newest first.
type rank struct {
	denied bool
	time   int64
	seen   uint64
}

func (r rank) less(o rank) bool {
	if r.denied != o.denied {
		return o.denied
	}
	if r.time != o.time {
		return r.time < o.time
	}
	return r.seen < o.seen
}

// column is one of the texts of an event.
type column int

const (
	name column = iota
	kind
	why
	response
	answers
	session
	event
	server
	client
	columns // how many there are
)

// columnNames are what the page's script calls them.
var columnNames = [columns]string{"name", "type", "why", "response", "answers", "session", "event", "server", "client"}

// entry is an event that is kept.
type entry struct {
	rank
	verdict verdict
	texts   [columns]*text
	port    int
	count   int64
	took    int64 // microseconds, at most eleven days
	process *process
}

func (r *Report) entry(e *review.Event, v verdict, at rank) *entry {
	kept := &entry{rank: at, verdict: v, port: e.ServerPort, count: timesOf(e), took: min(e.Duration.Microseconds(), 1000*most), process: r.processes.take(e)}
	for c, s := range [columns]string{
		name: subject(e), kind: e.QuestionType, why: reason(e), response: first(e.ResponseCode, e.Error, e.PolicyResult), answers: strings.Join(e.Answers, ", "),
		session: first(e.Session, e.Conversation), event: string(e.Name), server: asked(e), client: e.ClientAddress,
	} {
		kept.texts[c] = r.texts.take(s)
	}
	return kept
}

// release gives back what an entry held.
func (r *Report) release(e *entry) {
	for _, t := range e.texts {
		r.texts.drop(t)
	}
	r.processes.drop(e.process)
}

// subject is what an event is about.
func subject(e *review.Event) string { return first(e.ServerAddress, e.PolicyFile) }

// reason says why, by which rule and on whose word.
func reason(e *review.Event) string {
	reason := first(e.Reason, e.PolicyReason)
	if e.Rule != "" {
		reason += " by " + e.Rule
	}
	if e.PolicySource != "" && e.PolicySource != "baseline_policy" {
		reason += " (" + e.PolicySource + ")"
	}
	return strings.TrimSpace(reason)
}

// asked is whom a question was for, or where a forward went, and how.
func asked(e *review.Event) string {
	address := first(e.ResolverAddress, e.PeerAddress)
	if e.PeerPort != 0 {
		address = net.JoinHostPort(address, strconv.Itoa(e.PeerPort))
	}
	return strings.TrimSpace(address + " " + e.Transport + " " + first(e.Syscall, e.Method))
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// heap has the entry of the lowest rank first.
type heap []*entry

func (h *heap) push(e *entry) {
	*h = append(*h, e)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if !s[i].less(s[up].rank) {
			return
		}
		s[i], s[up] = s[up], s[i]
		i = up
	}
}

func (h *heap) pop() *entry {
	s := *h
	lowest, last := s[0], len(s)-1
	s[0], s[last] = s[last], nil
	s = s[:last]
	*h = s
	for i := 0; ; {
		down := 2*i + 1
		if down+1 < len(s) && s[down+1].less(s[down].rank) {
			down++
		}
		if down >= len(s) || !s[down].less(s[i].rank) {
			return lowest
		}
		s[i], s[down] = s[down], s[i]
		i = down
	}
}
