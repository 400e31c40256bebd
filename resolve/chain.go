package resolve

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// maxHops is how many names a chain may lead on to.
const maxHops = 12

// Asking says whether upstreams may be asked about a name, and what is answered where they may not.
type Asking uint8

// The ways. The zero value asks.
const (
	Ask     Asking = iota
	NoName         // the name does not exist
	NoTypes        // it has no data of the type
)

// Judge decides on names. They are in presentation form, with their trailing dot.
type Judge interface {
	// Deny is asked about each name down a CNAME chain, before it is followed or given. Not empty: the denial's reason.
	Deny(target string) string
	// Ask is asked about each name before upstreams are.
	Ask(name string) Asking
}

// Chain is what an answer has to pass.
type Chain struct {
	// Judge decides on the names that the answer leads over. nil denies nothing, and asks about all.
	Judge Judge
	// AllowLocal lets upstreams name addresses that are local to somebody else, private ones too: see [Config.Local].
	AllowLocal bool
	// Confirm gives a name for an address only where the name has that address; RFC 1912 section 2.1.
	Confirm bool
	// Pace waits until upstreams may be asked about one more name; before that it leaves the [Post] of its context. An error: they may
	// not, and there is no answer. nil does not wait.
	Pace func(ctx context.Context) error
}

func (c Chain) deny(target string) string {
	if c.Judge == nil {
		return ""
	}
	return c.Judge.Deny(target)
}

func (c Chain) ask(name string) Asking {
	if c.Judge == nil {
		return Ask
	}
	return c.Judge.Ask(name)
}

func (c Chain) pace(ctx context.Context) error {
	if c.Pace == nil {
		return nil
	}
	return c.Pace(ctx)
}

// knowledge is what a walk may use beside static records and the cache.
type knowledge struct {
	fresh map[stepKey]step // learnt for this question
	stale bool             // what is past its time to live
}

// walk follows the chain of names as far as it is known. missing is the name that has to be asked for, with its
// trailing dot; "" where the answer is whole.
func (r *Resolver) walk(q Question, c Chain, have knowledge) (answer Answer, missing string) {
	name := ascii.Lower(q.fqdn())
	seen := make([]string, 0, maxHops+1)
	told := false // by an upstream, where the chain leads
	a := Answer{known: true, source: SourceRecord}
	for range maxHops + 1 {
		if slices.Contains(seen, name) {
			return ServFail(0, "the chain of names is a loop"), ""
		}
		seen = append(seen, name)
		s, source, ok := r.known(q.key(name), c, have)
		if !ok {
			return Answer{}, name
		}
		if source != SourceRecord {
			a.source = source
		}
		told = told || source == SourceCache || source == SourceUpstream
		a.proof = join(a.proof, s.proof)
		if refusal, refused := c.refuses(q, s); refused {
			return refusal, ""
		}
		if s.target == "" {
			return r.finish(q, a, s, c.AllowLocal || !told || source == SourceRecord), ""
		}
		a.records = append(a.records, s.records...)
		name = s.target
	}
	return ServFail(0, "the chain of names is too long"), ""
}

// refuses looks at where a step leads, whether it is followed or asked for itself.
func (c Chain) refuses(q Question, s step) (Answer, bool) {
	target := s.target
	if target == "" {
		target = aliasOnly(s)
	}
	if target == "" {
		return Answer{}, false
	}
	if reason := c.deny(target); reason != "" {
		return denyTarget(q, target, reason), true
	}
	return filtered(q, "the name leads to one that no host can have"), !aliasable(target)
}

// aliasOnly is the target of an alias that was asked for itself; "" for other data. DNAME is one too.
func aliasOnly(s step) string {
	if s.target != "" || len(s.records) == 0 {
		return ""
	}
	switch rr := s.records[0].(type) {
	case *dns.CNAME:
		return ascii.Lower(rr.Target)
	case *dns.DNAME:
		return ascii.Lower(rr.Target)
	}
	return ""
}

// join adds the records of more that are not in all yet: the steps of one reply share their proof.
func join(all, more []dns.RR) []dns.RR {
	for _, rr := range more {
		if !contains(all, rr) {
			all = append(all, rr)
		}
	}
	return all
}

func contains(all []dns.RR, rr dns.RR) bool {
	for _, other := range all {
		if dns.IsDuplicate(rr, other) {
			return true
		}
	}
	return false
}

// known is what can be said of a name and type without asking.
func (r *Resolver) known(key stepKey, c Chain, have knowledge) (step, Source, bool) {
	if s, ok := r.records.step(key.name, key.kind); ok {
		return s, SourceRecord, true
	}
	bare := strings.TrimSuffix(key.name, ".")
	switch {
	case key.kind == dns.TypeANY:
		return unnamedType(key), SourceLocal, true
	case IsLocalhost(bare):
		return localhost(key), SourceLocal, true
	case r.isOwn(bare):
		return ownName(key), SourceLocal, true
	case !slices.Contains(r.types, key.kind), c.ask(key.name) == NoTypes: // though a chain of another name may have left it in the cache
		return step{}, SourceLocal, true
	}
	if s, ok := have.fresh[key]; ok {
		return s, SourceUpstream, true
	}
	if s, ok := r.cache.get(key, have.stale); ok {
		return s, SourceCache, true
	}
	if c.ask(key.name) == NoName {
		return step{rcode: dns.RcodeNameError}, SourceLocal, true
	}
	return step{}, SourceLocal, false
}

// unnamedType says that a type has to be named. To say that there is no data would be wrong; RFC 8482 section 4.2.
func unnamedType(key stepKey) step {
	header := dns.RR_Header{Name: key.name, Rrtype: dns.TypeHINFO, Class: dns.ClassINET, Ttl: negativeTTL}
	return step{records: []dns.RR{&dns.HINFO{Hdr: header, Cpu: "RFC8482"}}}
}

func localhost(key stepKey) step {
	header := dns.RR_Header{Name: key.name, Rrtype: key.kind, Class: dns.ClassINET, Ttl: defaultTTL}
	switch key.kind {
	case dns.TypeA:
		return step{records: []dns.RR{&dns.A{Hdr: header, A: netip.MustParseAddr("127.0.0.1").AsSlice()}}}
	case dns.TypeAAAA:
		return step{records: []dns.RR{&dns.AAAA{Hdr: header, AAAA: netip.IPv6Loopback().AsSlice()}}}
	}
	return step{}
}

// onlySigns says that there is nothing among records but signatures of others, if anything.
func onlySigns(records []dns.RR) bool {
	for _, rr := range records {
		if rr.Header().Rrtype != dns.TypeRRSIG {
			return false
		}
	}
	return true
}

// finish adds the last step of a chain to an answer. Local addresses pass where the rule is exact, the record static, or
// no upstream had a part: a CNAME of an upstream to localhost is filtered as its A of 127.0.0.1 is.
func (r *Resolver) finish(q Question, a Answer, s step, allowLocal bool) Answer {
	if len(a.records) == 0 && (allowLocal || !r.anyLocal(s.addresses)) {
		a.addresses = s.addresses
	} else if s.addresses.some() {
		s.records = s.addresses.records()
	}
	data := s.records
	if !allowLocal {
		data = r.public(data)
	}
	if onlySigns(data) && len(s.records) > 0 {
		return filtered(q, "the addresses are local ones, and the rule is not exact")
	}
	if len(a.records) == 0 {
		a.records = slices.Clip(data)
	} else {
		a.records = append(a.records, data...)
	}
	a.rcode = s.rcode
	if len(data) == 0 && !a.addresses.some() {
		a.authority = syntheticSOA(q)
		if s.soa != nil {
			a.authority = []dns.RR{s.soa}
		}
	}
	a.authority = join(a.authority, a.proof)
	return a
}
