package resolve

import (
	"time"

	"github.com/miekg/dns"
)

// step is what is known of one name and type: a CNAME to follow, data, or that there is none.
type step struct {
	addresses addresses // in place of records
	records   []dns.RR  // the CNAME, with the DNAME that it comes from, or the data; with their signatures
	target    string    // of the CNAME; "" for data
	rcode     int       // NOERROR or NXDOMAIN
	soa       dns.RR    // of a negative answer
	proof     []dns.RR  // of DNSSEC, for the authority section: it shows that there is nothing else
	ttl       time.Duration
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

// staleTTL is the time to live of a stale answer; RFC 8767 section 4.
const staleTTL = 30 * time.Second

// aged is the step with what is left of its time to live in every record.
func (s step) aged(remaining time.Duration) step {
	left := seconds(remaining)
	s.records, s.proof = allWithTTL(s.records, left), allWithTTL(s.proof, left)
	if s.soa != nil {
		s.soa = withTTL(s.soa, left)
	}
	return s
}

// seconds of what is left, at least one.
func seconds(remaining time.Duration) uint32 {
	return uint32(max(remaining.Round(time.Second)/time.Second, 1))
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

// withTTL is a record of its own but for an address, whose octets nobody changes.
func withTTL(rr dns.RR, ttl uint32) dns.RR {
	switch old := rr.(type) {
	case *dns.A:
		young := *old
		rr = &young
	case *dns.AAAA:
		young := *old
		rr = &young
	default:
		rr = dns.Copy(rr)
	}
	rr.Header().Ttl = ttl
	return rr
}
