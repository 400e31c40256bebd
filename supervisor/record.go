package supervisor

import (
	"fmt"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// record writes the decision on a question to the log. False: it could not, and nothing may be answered.
func (d *desk) record(q *question, a resolve.Answer) bool {
	if d.log == nil {
		return true
	}
	asked, now := q.Question(), time.Now()
	e := audit.Event{
		Name: audit.PolicyDecision, Time: now, Scope: audit.ScopeDomain,
		Transport: q.by.transport, ServerAddress: q.name(), ServerPort: stubPort, ClientAddress: q.by.client,
		QuestionType: resolve.TypeString(asked.Type), ResponseCode: a.RCode(), Answers: a.Answers(),
		ResolverAddress: q.by.resolver, Duration: now.Sub(q.start), Syscall: q.by.caught, Process: *q.process,
	}
	e.Decision, e.PolicySource, e.Reason = verdict(q.judgement, a)
	if e.Decision == audit.Allow {
		e.AnswerSource = string(a.Source())
	}
	if q.Rule != nil {
		e.Rule = q.Rule.Pattern.String()
	}
	q.markObserved(&e)
	if q.rules.DenyWith == policy.Errno && q.by.caught != "" && !q.allowed() {
		e.ResponseCode = ""
	}
	e.Key = audit.QuestionKey(&e, q.ID())
	if q.Reason == policy.ReasonNotAllowed {
		if bare, ok := q.rules.Resolver.Unexpanded(asked.Name); ok {
			e.Key = audit.ExpansionKey(&e, bare)
		}
	}
	return d.write(e)
}

// verdict is what the log says of a decision and the answer it led to.
func verdict(j judgement, a resolve.Answer) (audit.Decision, string, string) {
	switch {
	case !j.allowed():
		return audit.Deny, audit.SourceBaselinePolicy, string(j.Reason)
	case a.DeniedTarget() != "":
		return audit.Deny, audit.SourceDerived, audit.ReasonDenied
	case a.Filtered():
		return audit.Deny, audit.SourceBaselinePolicy, audit.ReasonNotAllowedLocal
	case a.Unconfirmed():
		return audit.Deny, audit.SourceDerived, audit.ReasonUnconfirmed
	case a.Source() == resolve.SourceRecord && j.source != audit.SourceDerived:
		return audit.Allow, audit.SourceRecord, audit.ReasonAllow
	}
	return audit.Allow, j.source, audit.ReasonAllow
}

func (d *desk) write(e audit.Event) bool {
	if err := d.log.Record(e); err != nil {
		d.notices.once("audit", "error: %s; no question is answered until it can be written", audit.Escape(err.Error()))
		return false
	}
	return true
}

// say tells on standard error, once a name, what was denied or failed.
func (d *desk) say(q *question, a resolve.Answer) {
	name := q.name()
	if d.verbose {
		d.notices.line("%s %s%s: %s %s", audit.Escape(name), resolve.TypeString(q.Question().Type), askedBy(q), a.RCode(), audit.Escape(strings.Join(a.Answers(), " ")))
	}
	d.sayObserved(q)
	switch {
	case q.Reason == reasonMalformed:
		d.notices.once(q.notice(), "a DNS message that cannot be answered%s: %s", askedBy(q), a.RCode())
	case !q.allowed():
		d.sayDenied(q, name, why(q.Decision))
	case a.DeniedTarget() != "":
		d.notices.once("target "+name, "denied %s%s: it leads to %s, which a rule denies", audit.Escape(name), askedBy(q), audit.Escape(a.DeniedTarget()))
	case a.Filtered():
		d.notices.once("local "+name, "denied %s%s: %s; hint: an exact --allow %s admits local addresses", audit.Escape(name), askedBy(q), audit.Escape(a.Reason()), audit.Escape(name))
	case a.Unconfirmed():
		d.notices.once("reverse "+name, "denied %s%s: %s; hint: [dns] ptr = \"any\" in a policy file", audit.Escape(name), askedBy(q), audit.Escape(a.Reason()))
	case a.Failed():
		d.notices.once("failed "+name, "cannot resolve %s: %s", audit.Escape(name), audit.Escape(a.Reason()))
	}
}

func (d *desk) sayDenied(q *question, name, reason string) {
	hint := "; hint: --allow " + audit.Escape(name)
	if d.allowIn != "" {
		hint = fmt.Sprintf("; hint: %q = \"allow\" in %s", audit.Escape(name), audit.Escape(d.allowIn))
	}
	switch {
	case q.Reason == policy.ReasonBudget:
		hint = "; hint: [dns.budget] in a policy file, or allow names exactly"
	case q.Rule != nil:
		hint = "; hint: remove that rule, --allow " + audit.Escape(name) + " does not outweigh it"
	case resolve.IsReverse(name):
		hint = "; hint: only of addresses that were answered with is the name known"
	}
	d.notices.once(q.notice(), "denied %s%s: %s%s", audit.Escape(name), askedBy(q), audit.Escape(reason), hint)
}

// askedBy names the process that asked, where it is known.
func askedBy(q *question) string {
	p := q.process
	if p == nil || p.PID == 0 {
		return ""
	}
	return fmt.Sprintf(" (asked by %s, pid %d)", audit.Escape(p.Executable), p.PID)
}

// block records a call to an internet address that is neither port 53 nor local.
func (d *desk) block(c emulate.Call, to emulate.Destination) {
	key := "call " + to.Transport + " " + to.Address.String()
	if d.log == nil && d.notices.heard(key) {
		return
	}
	d.blocked(c, audit.Event{
		Transport: to.Transport, ServerAddress: to.Address.Addr().String(), ServerPort: int(to.Address.Port()),
	}, key, to.Transport+" to "+to.Address.String()+" refused: there is no network but DNS")
}

// blockUnix records a call to an AF_UNIX path.
func (d *desk) blockUnix(c emulate.Call, path string) {
	d.blocked(c, audit.Event{Transport: audit.TransportUnix, ServerAddress: path}, "call "+audit.TransportUnix+" "+path,
		"unix socket "+audit.Escape(path)+" refused: it leads to a resolver outside")
}

// blockNamespace records a question from a network namespace that cannot be served.
func (d *desk) blockNamespace(c emulate.Call, to emulate.Destination, err error) {
	d.blocked(c, audit.Event{
		Transport: to.Transport, ServerAddress: to.Address.Addr().String(), ServerPort: int(to.Address.Port()),
	}, "call "+to.Transport+" "+to.Address.String(), "no names in a network namespace of the command's: "+audit.Escape(err.Error()))
}

// leave records a question that is left to a DNS service of a sandbox's own. False: the log cannot be written.
func (d *desk) leave(c emulate.Call, to emulate.Destination) bool {
	server := to.Address.Addr().String()
	d.notices.once("left "+server, "questions to %s in a sandbox are left to its own network; hint: --existing-dns=replace", server)
	if d.log == nil {
		return true
	}
	e := audit.Event{
		Name: audit.BlockDecision, Scope: audit.ScopeNonDomain, Decision: audit.Allow, PolicySource: audit.SourceBaselinePolicy,
		Reason: audit.ReasonAllow, Syscall: c.Syscall, Transport: to.Transport, ServerAddress: server,
		ServerPort: int(to.Address.Port()), Process: *identify(c),
	}
	e.Key = audit.CallKey(&e)
	return d.write(e)
}

// blocked completes and writes the event of a call that was refused. It stays refused where the log cannot be
// written.
func (d *desk) blocked(c emulate.Call, e audit.Event, key, line string) {
	e.Name, e.Scope, e.Decision = audit.BlockDecision, audit.ScopeNonDomain, audit.Deny
	e.PolicySource, e.Reason = audit.SourceBaselinePolicy, audit.ReasonNotAllowed
	e.Syscall = c.Syscall
	if d.log != nil {
		e.Process = *identify(c)
		e.Key = audit.CallKey(&e)
		d.write(e)
	}
	d.notices.once(key, "%s", line)
}
