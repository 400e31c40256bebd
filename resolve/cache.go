package resolve

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/miekg/dns"
)

// Bounds of what the cache holds, in bytes: the authority of an allowed name says how large each of its answers is.
const (
	leastCache = 16 << 20
	stepSize   = 2 << 10 // of all steps of a larger cache, on average; most take less than half of that
)

// cache keeps steps for their time to live. Without entries it only bounds times to live.
type cache struct {
	min, max time.Duration
	stale    time.Duration // how long a step is kept past its time to live
	most     int           // bytes

	mu      sync.Mutex
	entries *simplelru.LRU[stepKey, step]
	bytes   int
}

func newCache(size int, shortest, longest, stale time.Duration) (*cache, error) {
	c := &cache{min: shortest, max: longest, stale: stale, most: max(leastCache, size*stepSize)}
	if size <= 0 {
		return c, nil
	}
	var err error
	c.entries, err = simplelru.NewLRU(size, func(key stepKey, s step) { c.bytes -= s.size(key) })
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
		c.keep(key, s)
	}
	return s
}

func (c *cache) keep(key stepKey, s step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Remove(key) // whose bytes count no more
	c.entries.Add(key, s)
	for c.bytes += s.size(key); c.bytes > c.most; {
		c.entries.RemoveOldest()
	}
}

// get finds a step within its time to live or, if stale, as long as it is kept past that.
func (c *cache) get(key stepKey, stale bool) (step, bool) {
	s, ok := c.find(key)
	if !ok {
		return step{}, false
	}
	age := time.Since(s.stored)
	switch {
	case age < s.ttl:
		return s.aged(s.ttl - age), true
	case stale && age < s.ttl+c.stale:
		return s.aged(staleTTL), true
	}
	return step{}, false
}

// find finds a step, past its time to live too, but none that is kept for nothing.
func (c *cache) find(key stepKey) (step, bool) {
	if c.entries == nil {
		return step{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.entries.Get(key)
	if ok && time.Since(s.stored) >= s.ttl+c.stale {
		c.entries.Remove(key)
		return step{}, false
	}
	return s, ok
}

// size is about what a step takes, in bytes, and rather more: an octet of data can stand for a string without octets, or for
// eight types.
func (s step) size(key stepKey) int {
	const each, octet = 256, 16 // of a record beside its data
	n := each + 2*len(key.name)
	count := func(rr dns.RR) { n += each + octet*(dns.Len(rr)-len(rr.Header().Name)) }
	for _, rr := range s.records {
		count(rr)
	}
	for _, rr := range s.proof {
		count(rr)
	}
	if s.soa != nil {
		count(s.soa)
	}
	return n
}
