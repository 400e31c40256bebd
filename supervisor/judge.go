package supervisor

import (
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// judgement is what the rules and the leases say of one question.
type judgement struct {
	policy.Decision
	source string         // audit.SourceBaselinePolicy or audit.SourceDerived
	ask    resolve.Asking // whether upstreams may be asked about the name itself
	depth  int            // of the lease that allows it; 0: a rule does
	origin string         // the name that a rule allows: the asked one, or that of the lease
}

func (j judgement) allowed() bool { return j.Effect == policy.Allow }

// judge decides on a question. What a rule denies, no lease allows.
func (d *desk) judge(rules *Rules, q resolve.Question) judgement {
	j := judgement{Decision: rules.Policy.Decide(q.Name), source: audit.SourceBaselinePolicy, origin: q.Name}
	switch {
	case j.allowed():
		j.ask = asking(j.Decision, q)
		if _, reverse := resolve.ParseReverse(q.Name); !reverse || j.Named {
			return j
		}
	case j.Rule != nil:
		return j
	}
	if rule := rules.Policy.Above(q.Name); rule != nil && validates(q) && policy.SpecialOf(q.Name) == policy.Ordinary {
		return judgement{Decision: policy.Decision{Effect: policy.Allow, Rule: rule}, source: audit.SourceDerived}
	}
	if rules.Resolver.IsOwn(q.Name) || resolve.IsLocalhost(q.Name) {
		return judgement{Decision: policy.Decision{Effect: policy.Allow}, source: audit.SourceBaselinePolicy, origin: q.Name}
	}
	if lease, ok := d.lease(rules, q, time.Now()); ok {
		if derived := rules.derive(lease, q); derived.allowed() {
			return derived
		}
	}
	return j
}

// asking says whether upstreams may be asked about an allowed name. A name that its RFC keeps off the network has to be
// named by a rule; text, which carries most and is asked for least, too.
func asking(d policy.Decision, q resolve.Question) resolve.Asking {
	_, service := policy.ServiceOwner(q.Name)
	switch {
	case d.Special != policy.Ordinary && !d.Named:
		return resolve.NoName
	case q.Type == resolve.TypeTXT && !service && !d.Rule.Pattern.Exact():
		return resolve.NoTypes
	}
	return resolve.Ask
}

// lease is what allows a question about a name that no rule allows.
func (d *desk) lease(rules *Rules, q resolve.Question, now time.Time) (policy.Lease, bool) {
	if addr, ok := resolve.ParseReverse(q.Name); ok {
		if q.Type != resolve.TypePTR || rules.PTR == policy.PTROff {
			return policy.Lease{}, false
		}
		return d.leases.Address(addr, now)
	}
	if lease, ok := d.leases.Name(q.Name, now); ok {
		return lease, true
	}
	if owner, ok := policy.ServiceOwner(q.Name); ok {
		if lease, ok := d.leases.Name(owner, now); ok {
			return lease, true
		}
	}
	if validates(q) {
		return d.leases.Zone(q.Name, now)
	}
	return policy.Lease{}, false
}

// validates says that a question is one for keys: a client that validates asks for those of every name above the one that
// it wants, up to the root, and chooses none of them.
func validates(q resolve.Question) bool {
	return q.DNSSEC && (q.Type == resolve.TypeDS || q.Type == resolve.TypeDNSKEY)
}

// allows says whether the rules of now allow the origin of a lease.
func (d *desk) allows(origin string) bool {
	return d.rules.Load().Policy.Decide(origin).Effect == policy.Allow
}

// derive is the judgement on what has a lease: that on the lease's origin, by the rules of now.
func (r *Rules) derive(lease policy.Lease, q resolve.Question) judgement {
	j := judgement{Decision: r.Policy.Decide(lease.Origin), source: audit.SourceDerived, depth: lease.Depth, origin: lease.Origin}
	if !j.allowed() || j.Rule == nil {
		return judgement{}
	}
	_, service := policy.ServiceOwner(q.Name)
	_, reverse := resolve.ParseReverse(q.Name)
	switch {
	case !reverse && policy.SpecialOf(q.Name) != policy.Ordinary:
		j.ask = resolve.NoName
	case q.Type == resolve.TypeTXT && !service:
		j.ask = resolve.NoTypes
	}
	return j
}

// grant gives leases to what an answer led to, unless the rules would not have given that answer.
func (d *desk) grant(q *question, asked resolve.Question, a resolve.Answer) {
	if !q.allowed() || q.Rule == nil || q.observed != nil || a.Source() == resolve.SourceLocal {
		return
	}
	now := time.Now()
	for derived := range a.Derived() {
		lease := policy.Lease{Origin: q.origin, Depth: q.depth + 1, Until: now.Add(q.rules.term(derived.TTL))}
		if derived.Name == "" {
			d.leases.GrantAddress(derived.Addr, lease, now)
			continue
		}
		d.leases.GrantName(derived.Name, lease, now)
		if asked.DNSSEC {
			d.grantAbove(derived.Name, lease, now)
		}
	}
}

// grantAbove gives leases to the names above a derived one, for what validates.
func (d *desk) grantAbove(name string, lease policy.Lease, now time.Time) {
	for above, more := name, true; more; {
		_, above, more = strings.Cut(above, ".")
		d.leases.GrantZone(above, lease, now)
	}
}

// term is how long a lease lasts.
func (r *Rules) term(ttl time.Duration) time.Duration {
	shortest, longest := r.MinLease, r.MaxLease
	if longest == 0 {
		shortest, longest = policy.DefaultMinLease, policy.DefaultMaxLease
	}
	return min(max(ttl, shortest), longest)
}
