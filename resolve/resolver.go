package resolve

import (
	"context"
	"maps"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
)

// Config is what a Resolver needs. Zero values are the defaults, but for Upstreams and Records: none.
type Config struct {
	Upstreams  []Upstream // asked in this order
	ResolvConf string     // the system's; "" is /etc/resolv.conf. Its changes are noticed; search and ndots are not applied
	CacheSize  int        // entries; 0 is no cache
	MinTTL     time.Duration
	MaxTTL     time.Duration // 0 is an hour
	Timeout    time.Duration // of a question in all; 0 is 4 s, and 4.8 s the most
	Records    *Records
}

const (
	defaultTimeout = 4 * time.Second
	maxTimeout     = 4800 * time.Millisecond
	defaultMaxTTL  = time.Hour
	maxInFlight    = 512
	tries          = 2 // of each upstream
	shortestTry    = 200 * time.Millisecond
)

// Chain is what an answer has to pass.
type Chain struct {
	// Deny is asked about each name down a CNAME chain, in presentation form with its trailing dot, before it is followed
	// or given. Not empty: the denial's reason. nil denies nothing.
	Deny func(target string) string
	// AllowLocal lets upstreams name loopback, link-local, unspecified and multicast addresses.
	AllowLocal bool
}

func (c Chain) deny(target string) string {
	if c.Deny == nil {
		return ""
	}
	return c.Deny(target)
}

// Resolver answers questions. It is safe for concurrent use.
type Resolver struct {
	records *Records
	cache   *cache
	servers *servers
	timeout time.Duration

	ctx    context.Context //nolint:containedctx // ends what is asked upstream, which outlives the question
	cancel context.CancelFunc
	asking sync.WaitGroup
	mu     sync.Mutex // over closed, and over what asking begins with
	closed bool
	flight singleflight.Group
	slots  *semaphore.Weighted
}

// New makes a resolver. It asks nothing yet.
func New(c Config) (*Resolver, error) {
	if c.MaxTTL == 0 {
		c.MaxTTL = defaultMaxTTL
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.ResolvConf == "" {
		c.ResolvConf = "/etc/resolv.conf"
	}
	cache, err := newCache(c.CacheSize, c.MinTTL, c.MaxTTL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Resolver{
		records: c.Records, cache: cache, timeout: min(c.Timeout, maxTimeout),
		servers: &servers{configured: c.Upstreams, path: c.ResolvConf, failed: map[Upstream]time.Time{}},
		ctx:     ctx, cancel: cancel, slots: semaphore.NewWeighted(maxInFlight),
	}, nil
}

// Close ends what is being asked and waits for it.
func (r *Resolver) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.asking.Wait()
	return nil
}

// Cached answers from what is known without asking: it never waits. False: Lookup has to.
func (r *Resolver) Cached(q Question, c Chain) (Answer, bool) {
	answer, missing := r.walk(q, c, nil)
	return answer, missing == ""
}

// Lookup answers a question. It asks upstreams for what is not known, and always returns in the resolver's time.
func (r *Resolver) Lookup(ctx context.Context, q Question, c Chain) Answer {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	fresh := map[stepKey]step{} // what was learnt for this question, cached or not
	for range maxHops + 1 {
		answer, missing := r.walk(q, c, fresh)
		if missing == "" {
			if len(fresh) > 0 && answer.source != SourceLocal {
				answer.source = SourceUpstream
			}
			return answer
		}
		ask := q
		ask.Name = missing
		steps, failure := r.learn(ctx, ask)
		if failure.failed {
			return failure
		}
		maps.Copy(fresh, steps)
	}
	return ServFail(0, "the chain of names is too long")
}

// walk follows the chain of names as far as it is known. missing is the name that has to be asked for, with its
// trailing dot; "" where the answer is whole.
func (r *Resolver) walk(q Question, c Chain, fresh map[stepKey]step) (answer Answer, missing string) {
	name := lower(q.fqdn())
	seen := map[string]bool{}
	told := false // by an upstream, where the chain leads
	a := Answer{known: true, source: SourceRecord}
	for range maxHops + 1 {
		if seen[name] {
			return ServFail(0, "the chain of names is a loop"), ""
		}
		seen[name] = true
		s, source, ok := r.known(q.key(name), fresh)
		if !ok {
			return Answer{}, name
		}
		if source != SourceRecord {
			a.source = source
		}
		told = told || source == SourceCache || source == SourceUpstream
		if s.target == "" {
			return finish(q, a, s, c.AllowLocal || !told || source == SourceRecord), ""
		}
		a.records = append(a.records, s.records...)
		name = s.target
		if reason := c.deny(name); reason != "" {
			return denyTarget(q, name, reason), ""
		}
	}
	return ServFail(0, "the chain of names is too long"), ""
}

// known is what can be said of a name and type without asking.
func (r *Resolver) known(key stepKey, fresh map[stepKey]step) (step, Source, bool) {
	if s, ok := r.records.step(key.name, key.kind); ok {
		return s, SourceRecord, true
	}
	if key.kind == dns.TypeANY {
		return unnamedType(key), SourceLocal, true
	}
	if IsLocalhost(key.name[:len(key.name)-1]) {
		return localhost(key), SourceLocal, true
	}
	if !Asked(key.kind) {
		return step{}, SourceLocal, true
	}
	if s, ok := fresh[key]; ok {
		return s, SourceUpstream, true
	}
	s, ok := r.cache.get(key)
	return s, SourceCache, ok
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

// finish adds the last step of a chain to an answer. Local addresses pass where the rule is exact, the record static, or
// no upstream had a part: a CNAME of an upstream to localhost is filtered as its A of 127.0.0.1 is.
func finish(q Question, a Answer, s step, allowLocal bool) Answer {
	data := s.records
	if !allowLocal {
		data = public(data)
	}
	if len(data) == 0 && len(s.records) > 0 {
		a := Denied(q, DenyNoData, "the addresses are local ones, and the rule is not exact")
		a.filtered = true
		return a
	}
	a.records = append(a.records, data...)
	a.rcode = s.rcode
	if len(data) == 0 {
		a.authority = syntheticSOA(q)
		if s.soa != nil {
			a.authority = []dns.RR{s.soa}
		}
	}
	return a
}

// public leaves out addresses that mean somebody's own machine or network segment: answered by an upstream, they point
// the client at something that the name's owner does not own.
func public(records []dns.RR) []dns.RR {
	var kept []dns.RR
	for _, rr := range records {
		var ip []byte
		switch rr := rr.(type) {
		case *dns.A:
			ip = rr.A
		case *dns.AAAA:
			ip = rr.AAAA
		default:
			kept = append(kept, rr)
			continue
		}
		addr, ok := netip.AddrFromSlice(ip)
		if addr = addr.Unmap(); ok && !addr.IsLoopback() && !addr.IsLinkLocalUnicast() && !addr.IsUnspecified() && !addr.IsMulticast() {
			kept = append(kept, rr)
		}
	}
	return kept
}
