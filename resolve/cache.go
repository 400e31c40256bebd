package resolve

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
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

	start time.Time // of the clock of kept.at

	mu      sync.Mutex
	entries *simplelru.LRU[stepKey, kept]
	bytes   int
}

func newCache(size int, shortest, longest, stale time.Duration) (*cache, error) {
	c := &cache{min: shortest, max: longest, stale: stale, most: max(leastCache, size*stepSize), start: time.Now()}
	if size <= 0 {
		return c, nil
	}
	var err error
	c.entries, err = simplelru.NewLRU(size, func(key stepKey, k kept) { c.bytes -= k.size(key) })
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
		c.keep(key, newKept(key, s, time.Since(c.start)))
	}
	return s
}

func (c *cache) keep(key stepKey, k kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Remove(key) // whose bytes count no more
	c.entries.Add(key, k)
	for c.bytes += k.size(key); c.bytes > c.most; {
		c.entries.RemoveOldest()
	}
}

// get finds a step within its time to live or, if stale, as long as it is kept past that.
func (c *cache) get(key stepKey, stale bool) (step, bool) {
	k, age, ok := c.find(key)
	if !ok {
		return step{}, false
	}
	switch {
	case age < k.ttl:
		return k.step(key, k.ttl-age), true
	case stale && age < k.ttl+c.stale:
		return k.step(key, staleTTL), true
	}
	return step{}, false
}

// find finds what is kept and its age, past its time to live too, but none that is kept for nothing.
func (c *cache) find(key stepKey) (k kept, age time.Duration, ok bool) {
	if c.entries == nil {
		return kept{}, 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok = c.entries.Get(key)
	age = time.Since(c.start) - k.at
	if ok && age >= k.ttl+c.stale {
		c.entries.Remove(key)
		return kept{}, 0, false
	}
	return k, age, ok
}
