package resolve

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/miekg/dns"
)

// step is what is known of one name and type: a CNAME to follow, data, or that there is none.
type step struct {
	records []dns.RR // the CNAME, with the DNAME that it comes from, or the data; with their signatures
	target  string   // of the CNAME; "" for data
	rcode   int      // NOERROR or NXDOMAIN
	soa     dns.RR   // of a negative answer
	proof   []dns.RR // of DNSSEC, for the authority section: it shows that there is nothing else
	ttl     time.Duration
	stored  time.Time
}

type stepKey struct {
	name   string // lower-case, with the trailing dot
	kind   uint16
	dnssec bool // signatures were asked for
	cd     bool // the upstream was not to check them
}

// key is that of a name with the question's type and flags.
func (q Question) key(name string) stepKey {
	return stepKey{name, q.Type, q.DNSSEC, q.CheckingDisabled}
}

// cache keeps steps for their time to live. Without entries it only bounds times to live.
type cache struct {
	entries  *lru.Cache[stepKey, step]
	min, max time.Duration
	stale    time.Duration // how long a step is kept past its time to live
}

func newCache(size int, shortest, longest, stale time.Duration) (*cache, error) {
	c := &cache{min: shortest, max: longest, stale: stale}
	if size <= 0 {
		return c, nil
	}
	var err error
	c.entries, err = lru.New[stepKey, step](size)
	return c, err
}

// put keeps a step, and returns it with its time to live within bounds and in every record: the first answer is to say
// what those from the cache say. The step and its records must be the cache's own.
func (c *cache) put(key stepKey, s step) step {
	if len(s.records) > 0 || s.soa != nil { // else there is nothing to lengthen: RFC 2308 section 5
		s.ttl = max(s.ttl, c.min)
	}
	s.ttl = min(s.ttl, c.max)
	seconds := uint32(s.ttl / time.Second)
	for _, rr := range s.records {
		rr.Header().Ttl = seconds
	}
	if s.soa != nil {
		s.soa.Header().Ttl = seconds
	}
	for _, rr := range s.proof {
		rr.Header().Ttl = min(rr.Header().Ttl, seconds)
	}
	if s.ttl > 0 && c.entries != nil && len(s.records) <= maxCached {
		s.stored = time.Now()
		c.entries.Add(key, s)
	}
	return s
}

// get finds a step within its time to live or, if stale, as long as it is kept past that.
func (c *cache) get(key stepKey, stale bool) (step, bool) {
	if c.entries == nil {
		return step{}, false
	}
	s, ok := c.entries.Get(key)
	if !ok {
		return step{}, false
	}
	age := time.Since(s.stored)
	switch {
	case age < s.ttl:
		return s.aged(s.ttl - age), true
	case age >= s.ttl+c.stale:
		c.entries.Remove(key)
	case stale:
		return s.aged(staleTTL), true
	}
	return step{}, false
}

// staleTTL is the time to live of a stale answer; RFC 8767 section 4.
const staleTTL = 30 * time.Second

// aged is the step with what is left of its time to live in every record.
func (s step) aged(remaining time.Duration) step {
	left := uint32(max(remaining.Round(time.Second)/time.Second, 1))
	s.records, s.proof = allWithTTL(s.records, left), allWithTTL(s.proof, left)
	if s.soa != nil {
		s.soa = withTTL(s.soa, left)
	}
	return s
}

func allWithTTL(records []dns.RR, ttl uint32) []dns.RR {
	if len(records) == 0 {
		return nil
	}
	out := make([]dns.RR, len(records))
	for i, rr := range records {
		out[i] = withTTL(rr, ttl)
	}
	return out
}

func withTTL(rr dns.RR, ttl uint32) dns.RR {
	rr = dns.Copy(rr)
	rr.Header().Ttl = ttl
	return rr
}
