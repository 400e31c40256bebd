package resolve

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// Config is what a Resolver needs. Zero values are the defaults, but for Upstreams and Records: none.
type Config struct {
	Upstreams  []Upstream // asked in this order
	Zones      []Zone     // with upstreams of their own
	Order      Order      // of each list of upstreams
	Proxy      Proxy      // what upstreams but those of unix are reached through, by TCP
	ResolvConf string     // the system's; "" is /etc/resolv.conf. Its changes are noticed; search and ndots are not applied
	HoldSystem bool       // what ResolvConf says at first holds, where we may write it: those who ask may be able to, too
	CacheSize  int        // entries; 0 is no cache
	MinTTL     time.Duration
	MaxTTL     time.Duration // 0 is an hour
	Timeout    time.Duration // of a question in all; 0 is 4 s, and 4.8 s the most
	Records    *Records
	Types      []uint16       // asked upstream; nil is DefaultTypes. empty: static records alone
	Stale      time.Duration  // how long past its time to live an answer is kept for when no upstream gives one; 0 is not at all
	Local      []netip.Prefix // beside loopback and the like, addresses that no upstream may name but for an exact rule
	Own        []netip.Addr   // addresses of the sandbox itself: as Local, and their names are localhost
}

const (
	defaultTimeout = 4 * time.Second
	maxTimeout     = 4800 * time.Millisecond
	defaultMaxTTL  = time.Hour
	maxInFlight    = 512
	tries          = 2 // of each upstream
	shortestTry    = 200 * time.Millisecond
)

// Resolver answers questions. It is safe for concurrent use.
type Resolver struct {
	records *Records
	types   []uint16
	local   []netip.Prefix
	own     []netip.Addr
	timeout time.Duration
	*knowing
	*working
}

// New makes a resolver. It asks nothing yet.
func New(c Config) (*Resolver, error) { return c.follow(nil) }

// follow makes a resolver, of the parts that it shares with the one before it, if there is one.
func (c Config) follow(before *Resolver) (*Resolver, error) {
	if c.MaxTTL == 0 {
		c.MaxTTL = defaultMaxTTL
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.ResolvConf == "" {
		c.ResolvConf = "/etc/resolv.conf"
	}
	r := &Resolver{records: c.Records, types: slices.Clone(c.types()), local: c.Local, own: c.Own, timeout: min(c.Timeout, maxTimeout)}
	var err error
	r.knowing, r.working, err = c.share(before)
	return r, err
}

// Close ends what is being asked, of successors and predecessors too, and waits for it.
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
	if q.Type != dns.TypePTR { // there is nothing to confirm
		answer, missing := r.walk(q, c, knowledge{})
		return answer, missing == ""
	}
	return r.confirm(q, c, func(q Question) (Answer, bool) {
		answer, missing := r.walk(q, c, knowledge{})
		return answer, missing == ""
	})
}

// Lookup answers a question. It asks upstreams for what is not known, and always returns in the resolver's time.
func (r *Resolver) Lookup(ctx context.Context, q Question, c Chain) Answer {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	answer, _ := r.confirm(q, c, func(q Question) (Answer, bool) { return r.lookup(ctx, q, c), true })
	return answer
}

func (r *Resolver) lookup(ctx context.Context, q Question, c Chain) Answer {
	fresh := map[stepKey]step{} // what was learnt for this question, cached or not
	patience, cancel := r.patience(ctx)
	defer cancel()
	for range maxHops + 1 {
		answer, missing := r.walk(q, c, knowledge{fresh: fresh})
		if missing == "" {
			if len(fresh) > 0 && answer.source != SourceLocal {
				answer.source = SourceUpstream
			}
			return answer
		}
		ask := q
		ask.Name = missing
		steps, failure := r.learn(patience, ask, c)
		if failure.failed {
			stale, ok := r.stale(q, c, fresh, failure)
			switch {
			case ok:
				return stale
			case patience.Err() == nil, ctx.Err() != nil:
				return failure
			}
			if steps, failure = r.learn(ctx, ask, c); failure.failed {
				return failure
			}
		}
		maps.Copy(fresh, steps)
	}
	return ServFail(0, "the chain of names is too long")
}

// stalePatience is how long an upstream is waited for where a stale answer may do; RFC 8767 section 5.
const stalePatience = 1800 * time.Millisecond

// patience is for how long an upstream is waited for before a stale answer is given: all the time that there is, where none is kept.
func (r *Resolver) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.cache.stale <= 0 {
		return ctx, func() {}
	}
	PostOf(ctx).Leave() // since what is asked goes on past our patience
	return context.WithTimeout(ctx, stalePatience)
}

// stale is the answer from what the cache remembers past its time; false where that is not whole. RFC 8767.
func (r *Resolver) stale(q Question, c Chain, fresh map[stepKey]step, failure Answer) (Answer, bool) {
	answer, missing := r.walk(q, c, knowledge{fresh: fresh, stale: true})
	answer = answer.withEDE(EDEStaleAnswer, "no upstream answered")
	answer.reason = failure.reason // which names them; clients hear no more than that
	return answer, missing == ""
}
