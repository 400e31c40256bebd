package supervisor

import (
	"fmt"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// observation is why the rules would have denied a question that was allowed all the same.
type observation struct {
	policy.Decision
	source string
	target string // the name down the chain that a rule denies; "" where the decision is on the name asked for
}

// observe allows a question that the rules deny, an explicit deny too, where they only observe. Answers are checked as those
// to names that a glob allows: what points at local addresses stays filtered, and what its RFC keeps off the network is not
// asked.
func (q *question) observe() bool {
	if !q.rules.Observe {
		return false
	}
	q.observed = &observation{Decision: q.Decision, source: q.source}
	j := judgement{Decision: policy.Decision{Effect: policy.Allow, Special: q.Special}, source: q.source, origin: q.origin}
	if q.Special != policy.Ordinary && !q.Named && !resolve.IsReverse(q.name()) {
		j.ask = resolve.NoName
	}
	q.judgement = j
	return true
}

// observeTarget lets a chain lead on through a name that a rule denies.
func (q *question) observeTarget(target string, rule *policy.Rule) bool {
	if q.rules.Observe && q.observed == nil {
		q.observed = &observation{
			Decision: policy.Decision{Reason: policy.ReasonDenied, Rule: rule},
			source:   audit.SourceDerived, target: strings.TrimSuffix(target, "."),
		}
	}
	return q.rules.Observe
}

// markObserved puts what the rules would have said into the event of a question that was allowed all the same.
func (q *question) markObserved(e *audit.Event) {
	if q.observed == nil || e.Decision != audit.Allow {
		return
	}
	e.Observed, e.PolicySource, e.Reason, e.Rule = true, q.observed.source, string(q.observed.Reason), ""
	if q.observed.Rule != nil {
		e.Rule = q.observed.Rule.Pattern.String()
	}
}

// sayObserved tells on standard error, once a name, what would have been denied.
func (d *desk) sayObserved(q *question) {
	if q.observed == nil {
		return
	}
	reason := why(q.observed.Decision)
	if q.observed.target != "" {
		reason = fmt.Sprintf("it leads to %s, %s", q.observed.target, reason)
	}
	d.notices.once("observed "+q.name(), "would deny %s%s: %s", audit.Escape(q.name()), askedBy(q), audit.Escape(reason))
}
