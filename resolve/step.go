package resolve

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/miekg/dns"
)

// step is what is known of one name and type: a CNAME to follow, data, or that there is none.
type step struct {
	records []dns.RR // the CNAME, or the data
	target  string   // of the CNAME; "" for data
	rcode   int      // NOERROR or NXDOMAIN
	soa     dns.RR   // of a negative answer
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
}

func newCache(size int, shortest, longest time.Duration) (*cache, error) {
	c := &cache{min: shortest, max: longest}
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
	if s.ttl > 0 && c.entries != nil && len(s.records) <= maxCached {
		s.stored = time.Now()
		c.entries.Add(key, s)
	}
	return s
}

func (c *cache) get(key stepKey) (step, bool) {
	if c.entries == nil {
		return step{}, false
	}
	s, ok := c.entries.Get(key)
	if !ok {
		return step{}, false
	}
	age := time.Since(s.stored)
	if age >= s.ttl {
		c.entries.Remove(key)
		return step{}, false
	}
	return s.aged(age), true
}

// aged is the step with what is left of its time to live in every record.
func (s step) aged(age time.Duration) step {
	left := uint32(max((s.ttl-age).Round(time.Second)/time.Second, 1))
	records := make([]dns.RR, len(s.records))
	for i, rr := range s.records {
		records[i] = withTTL(rr, left)
	}
	s.records = records
	if s.soa != nil {
		s.soa = withTTL(s.soa, left)
	}
	return s
}

func withTTL(rr dns.RR, ttl uint32) dns.RR {
	rr = dns.Copy(rr)
	rr.Header().Ttl = ttl
	return rr
}

const (
	maxHops      = 12
	maxCached    = 512 // records of a step; more are served whole, and asked for each time
	maxReplySize = 65535
)

// takeApart turns an upstream's reply into steps, along the chain that begins with the question. Whatever else the
// reply holds is out of bailiwick and left aside.
func takeApart(q Question, reply *dns.Msg) map[stepKey]step {
	steps := map[stepKey]step{}
	name := lower(q.fqdn())
	for range maxHops + 1 {
		key := q.key(name)
		if _, loop := steps[key]; loop {
			return steps
		}
		if s, ok := dataOf(reply.Answer, key); ok {
			steps[key] = s
			return steps
		}
		s, ok := aliasOf(reply.Answer, name)
		if !ok {
			if s, ok := negative(reply, name, len(steps) > 0); ok {
				steps[key] = s
			}
			return steps
		}
		steps[key] = s
		name = s.target
	}
	return steps
}

func dataOf(answer []dns.RR, key stepKey) (step, bool) {
	s := step{ttl: -1}
	for _, rr := range answer {
		h := rr.Header()
		if h.Class != dns.ClassINET || h.Rrtype != key.kind || lower(h.Name) != key.name {
			continue
		}
		s.records = append(s.records, plain(rr))
		s.ttl = shorter(s.ttl, h.Ttl)
	}
	if cname, ok := first(s.records).(*dns.CNAME); ok && key.kind == dns.TypeCNAME {
		s.records = []dns.RR{cname} // the data itself, and not to be followed
	}
	return s, len(s.records) > 0
}

// plain is a record without the letter case that our own question drew: it shows in the owner and, by compression, in
// every name that ends alike. A canonical name becomes part of Kerberos principals, where case matters.
func plain(rr dns.RR) dns.RR {
	rr.Header().Name = lower(rr.Header().Name)
	switch rr := rr.(type) {
	case *dns.CNAME:
		rr.Target = lower(rr.Target)
	case *dns.SOA:
		rr.Ns, rr.Mbox = lower(rr.Ns), lower(rr.Mbox)
	}
	return rr
}

func aliasOf(answer []dns.RR, name string) (step, bool) {
	for _, rr := range answer {
		if cname, ok := rr.(*dns.CNAME); ok && cname.Hdr.Class == dns.ClassINET && lower(cname.Hdr.Name) == name {
			return step{records: []dns.RR{plain(rr)}, target: lower(cname.Target), ttl: shorter(-1, cname.Hdr.Ttl)}, true
		}
	}
	return step{}, false
}

func first(records []dns.RR) dns.RR {
	if len(records) == 0 {
		return nil
	}
	return records[0]
}

// shorter is the shorter of two times to live; a negative one is none. RFC 2181 section 8: the top bit means zero.
func shorter(ttl time.Duration, seconds uint32) time.Duration {
	if seconds > 1<<31-1 {
		seconds = 0
	}
	if d := time.Duration(seconds) * time.Second; ttl < 0 || d < ttl {
		return d
	}
	return ttl
}

// negative reads an answer without data; RFC 2308 section 5. At the end of a chain only a SOA tells that from a server
// that did not follow the chain to its end.
func negative(reply *dns.Msg, name string, chained bool) (step, bool) {
	s := step{rcode: reply.Rcode}
	for _, rr := range reply.Ns {
		// A SOA of another zone says nothing of the name.
		if soa, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(lower(soa.Hdr.Name), name) {
			s.soa = plain(soa)
			s.ttl = shorter(shorter(-1, soa.Hdr.Ttl), soa.Minttl)
			return s, true
		}
	}
	return s, !chained || reply.Rcode == dns.RcodeNameError
}
