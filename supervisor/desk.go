package supervisor

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// desk decides questions, has them answered, and records what it did.
type desk struct {
	rules   atomic.Pointer[Rules] // of the questions to come; each is judged by those it met
	spoken  *resolve.Names
	leases  *policy.Leases
	budget  *policy.Budget
	log     *audit.Log
	notices *notices
	verbose bool // say every decision
	allowIn string

	streamed *crowd // questions of all connections that wait for an upstream, or for their answer to be read
}

func newDesk(c *Config) *desk {
	out := c.Stderr
	if c.Quiet {
		out = nil
	}
	d := &desk{spoken: resolve.NewNames(), budget: policy.NewBudget(c.Rules.Budget), log: c.Log, notices: newNotices(out), verbose: c.Verbose, allowIn: c.AllowIn, streamed: newQuestions()}
	d.leases = policy.NewLeases(d.allows)
	d.rules.Store(&c.Rules)
	return d
}

// asker is who asked a question, and how it came.
type asker struct {
	tid              int            // thread; 0 when it is not known
	process          *audit.Process // nil: to be looked up where it is needed
	call             *emulate.Call  // the caught call, while it waits
	patient          bool           // may be looked up at once, however long the process makes that take; a caught call is
	caught           string         // the system call that was caught; "" at the stub
	transport        string         // audit.TransportDNSUDP, audit.TransportDNSTCP or audit.TransportDNSUnix
	client, resolver netip.AddrPort
	index            int    // of the interface that a datagram was meant for; 0: any
	room             []byte // an answer that is known at once may be written there; nil: nowhere
}

// reply is what a question gets. The zero value is silence.
type reply struct {
	errno    unix.Errno // the call itself fails
	response []byte
	pending  func(context.Context) []byte // waits for an upstream
}

// silent says that nothing is ever said.
func (r reply) silent() bool { return r.pending == nil && r.response == nil }

func (r reply) await(ctx context.Context) []byte {
	if r.pending != nil {
		return r.pending(ctx)
	}
	return r.response
}

// reasonMalformed is the log's reason for a message that cannot be decided on.
const reasonMalformed policy.Reason = "malformed"

// question is one that is being worked on.
type question struct {
	resolve.Query
	by      asker
	limit   int // of the transport, in bytes
	start   time.Time
	rules   *Rules
	process *audit.Process // nil: nobody needs it
	judgement
	observed *observation // nil: the rules allow it, or nobody observes
}

func (q *question) lookup() {
	if q.by.call != nil {
		q.process = identify(*q.by.call)
		return
	}
	process := audit.Lookup(q.by.tid)
	q.process = &process
}

// notice is the key under which a denial is said once.
func (q *question) notice() string {
	if q.Reason == reasonMalformed {
		return "malformed"
	}
	if q.Reason == policy.ReasonBudget {
		return "budget " + q.Rule.Pattern.String()
	}
	return "name " + q.name()
}

// name is what people read: the root is ".".
func (q *question) name() string {
	if name := q.Question().Name; name != "" {
		return name
	}
	return "."
}

// questions are those that were answered at once, and are of use again: whoever looked at one has returned by then. What waits for an upstream
// may go on past its answer, and is left to the collector. Strings of a question are its own for ever: caches, leases and notices keep them.
var questions = sync.Pool{New: func() any { return new(question) }}

// ask decides one DNS message. It does not wait for an upstream.
func (d *desk) ask(wire []byte, by asker, limit int) reply {
	start := time.Now()
	query, err := resolve.ParseQuery(wire, d.spoken)
	if err != nil {
		return reply{} // not a question: a resolver says nothing to it
	}
	q := questions.Get().(*question)
	*q = question{Query: query, by: by, limit: limit, start: start, rules: d.rules.Load(), process: by.process}
	r := d.decide(q)
	if r.pending != nil {
		q.by.room = nil
		return r
	}
	*q = question{}
	questions.Put(q)
	return r
}

// decide judges a question, and settles it where its process need not be waited for.
func (d *desk) decide(q *question) reply {
	if q.Malformed() != 0 {
		q.Reason = reasonMalformed
	} else {
		q.judgement = d.judge(q.rules, q.Question())
	}
	if q.process != nil || !d.names(q) {
		return d.settle(q)
	}
	if q.by.patient || q.by.call != nil {
		q.lookup()
		return d.settle(q)
	}
	return reply{pending: func(ctx context.Context) []byte {
		resolve.PostOf(ctx).Leave()
		q.lookup()
		return d.settle(q).await(ctx)
	}}
}

// names says whether the process that asked will be named: in the log, or on standard error.
func (d *desk) names(q *question) bool {
	return d.log != nil || d.verbose || !q.allowed() && !d.notices.heard(q.notice())
}

// settle answers a question on which the policy has decided.
func (d *desk) settle(q *question) reply {
	if code := q.Malformed(); code != 0 {
		return reply{response: d.answer(q, resolve.Rejected(code))}
	}
	if !q.allowed() && !q.observe() {
		return d.deny(q)
	}
	if answer, ok := q.rules.Resolver.Cached(q.Question(), chain(q)); ok {
		return reply{response: d.answer(q, answer)}
	}
	if !d.spend(q) {
		return d.deny(q)
	}
	return reply{pending: func(ctx context.Context) []byte { return d.answer(q, d.look(ctx, q)) }}
}

// spend takes what an upstream is to be asked about out of the budget. Names that an answer to one under a wildcard led to cost
// as much as that one: a DNAME carries labels along. So does a static one, of a name that is not asked about itself.
func (d *desk) spend(q *question) bool {
	if d.budget.Spend(q.Decision, q.Question().Name, q.start) {
		return true
	}
	q.Decision = policy.Decision{Reason: policy.ReasonBudget, Rule: q.Rule}
	return q.observe()
}

// longestWait is how long a question waits for its rule's rate: a client asks again by then.
const longestWait = 3 * time.Second

// look asks upstreams, at the rate that the rule may ask: each name of a chain counts, and of a confirmation.
func (d *desk) look(ctx context.Context, q *question) resolve.Answer {
	paced := chain(q)
	paced.Pace = func(ctx context.Context) error {
		if d.budget.QuestionNow(q.Rule) {
			return nil
		}
		resolve.PostOf(ctx).Leave()
		ctx, cancel := context.WithTimeout(ctx, longestWait)
		defer cancel()
		return d.budget.Question(ctx, q.Rule)
	}
	return q.rules.Resolver.Lookup(ctx, q.Question(), paced)
}

// chain is what the names down an allowed name's CNAME chain have to pass: an explicit deny of one ends it.
func chain(q *question) resolve.Chain {
	return resolve.Chain{Judge: q, AllowLocal: q.Rule != nil && q.Rule.Pattern.Exact(), Confirm: q.rules.PTR != policy.PTRAny}
}

// Deny implements resolve.Judge.
func (q *question) Deny(target string) string {
	if rule := q.rules.Policy.Denied(target); rule != nil && !q.observeTarget(target, rule) {
		return fmt.Sprintf("%s leads to %s, which %s denies", q.name(), target, rule.Origin)
	}
	return ""
}

// Ask implements resolve.Judge.
func (q *question) Ask(name string) resolve.Asking {
	name = strings.TrimSuffix(name, ".")
	switch {
	case name == q.Question().Name:
		return q.ask
	case q.Rule == nil && q.observed == nil && q.rules.Policy.Decide(name).Effect != policy.Allow:
		return resolve.NoName // localhost, and what a static record makes of it, is everybody's
	}
	if policy.SpecialOf(name) == policy.Ordinary || resolve.IsReverse(name) || q.rules.Policy.Decide(name).Named {
		return resolve.Ask
	}
	return resolve.NoName
}

func (d *desk) deny(q *question) reply {
	reason := why(q.Decision)
	name := q.name()
	if q.rules.DenyWith == policy.Errno && q.by.caught != "" {
		if !d.record(q, resolve.Answer{}) {
			return reply{response: d.unrecorded(q)}
		}
		d.sayDenied(q, name, reason)
		return reply{errno: unix.EACCES}
	}
	return reply{response: d.answer(q, resolve.Denied(q.Question(), denyMode(q.rules.DenyWith), reason))}
}

func denyMode(how policy.DenyWith) resolve.DenyMode {
	switch how {
	case policy.Refused:
		return resolve.DenyRefused
	case policy.NoData:
		return resolve.DenyNoData
	default:
		return resolve.DenyNXDomain
	}
}

// why says what decided, for people.
func why(d policy.Decision) string {
	switch {
	case d.Reason == policy.ReasonBudget:
		return fmt.Sprintf("over the budget of names for %s (%s)", d.Rule.Pattern, d.Rule.Origin)
	case d.Rule != nil:
		return fmt.Sprintf("denied by %s (%s)", d.Rule.Pattern, d.Rule.Origin)
	}
	return "no rule allows it"
}

// answer records the decision, says what went wrong, and builds the response.
func (d *desk) answer(q *question, a resolve.Answer) []byte {
	if !d.record(q, a) {
		return d.unrecorded(q)
	}
	d.say(q, a)
	d.grant(q, q.Question(), a)
	return q.Response(a, q.limit, q.by.room)
}

// unrecorded is the response when the log cannot be written: no decision leaves without its line.
func (d *desk) unrecorded(q *question) []byte {
	return q.Response(resolve.ServFail(0, "the audit log cannot be written"), q.limit, q.by.room)
}
