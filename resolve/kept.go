package resolve

import (
	"net"
	"time"

	"github.com/miekg/dns"
)

// kept is a step in the cache, in a form that is small where there are many: most are addresses of the name itself, of which
// the octets say all. It is what makes an entry of the list 128 bytes.
type kept struct {
	addresses []byte // of A or AAAA records, one behind another; or
	whole     *step  // any other step
	ttl       time.Duration
	at        time.Duration // when it was kept
}

// newKept takes over a step whose records have one time to live.
func newKept(key stepKey, s step, at time.Duration) kept {
	if addresses, ok := onlyAddresses(key, s); ok {
		return kept{addresses: addresses, ttl: s.ttl, at: at}
	}
	return kept{whole: &s, ttl: s.ttl, at: at}
}

// onlyAddresses is the octets of a step that is nothing but addresses of the name that was asked for. All records of a step are of class IN.
func onlyAddresses(key stepKey, s step) ([]byte, bool) {
	width := addressWidth(key.kind)
	if width == 0 || len(s.records) == 0 || s.target != "" || s.rcode != dns.RcodeSuccess || s.soa != nil || len(s.proof) > 0 {
		return nil, false
	}
	addresses := make([]byte, 0, width*len(s.records))
	for _, rr := range s.records {
		var ip net.IP
		switch rr := rr.(type) {
		case *dns.A:
			ip = rr.A
		case *dns.AAAA:
			ip = rr.AAAA
		}
		if len(ip) != width || rr.Header().Name != key.name {
			return nil, false
		}
		addresses = append(addresses, ip...)
	}
	return addresses, true
}

// step is the step with what is left of its time to live in every record. The records are its own but for the octets of
// addresses, which nobody changes.
func (k kept) step(key stepKey, remaining time.Duration) step {
	if k.whole != nil {
		return k.whole.aged(remaining)
	}
	return step{ttl: k.ttl, addresses: addresses{name: key.name, kind: key.kind, ttl: seconds(remaining), octets: k.addresses}}
}

// size is about what an entry takes, in bytes, and rather more: an octet of data can stand for a string without octets, or for
// eight types.
func (k kept) size(key stepKey) int {
	const each, octet = 256, 16 // of an entry, or of a record beside its data
	n := each + 2*(len(key.name)+len(k.addresses))
	if k.whole == nil {
		return n
	}
	count := func(rr dns.RR) { n += each + octet*(dns.Len(rr)-len(rr.Header().Name)) }
	for _, rr := range k.whole.records {
		count(rr)
	}
	for _, rr := range k.whole.proof {
		count(rr)
	}
	if k.whole.soa != nil {
		count(k.whole.soa)
	}
	return n
}
