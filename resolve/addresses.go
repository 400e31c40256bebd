package resolve

import (
	"net"
	"net/netip"

	"github.com/miekg/dns"
)

// addresses are A or AAAA records of one name with one time to live: what most answers are, in a form that takes nothing of the heap. The
// zero value is none.
type addresses struct {
	name   string // lower-case, with the trailing dot
	kind   uint16
	ttl    uint32
	octets []byte // of one behind another, which nobody changes
}

// addressWidth is the octets of an address of a type; 0: it has none.
func addressWidth(kind uint16) int {
	switch kind {
	case dns.TypeA:
		return net.IPv4len
	case dns.TypeAAAA:
		return net.IPv6len
	}
	return 0
}

// some says that there are some.
func (a addresses) some() bool { return len(a.octets) > 0 }

// count is how many there are.
func (a addresses) count() int {
	if !a.some() {
		return 0
	}
	return len(a.octets) / addressWidth(a.kind)
}

// at is the octets of one.
func (a addresses) at(i int) []byte {
	width := addressWidth(a.kind)
	return a.octets[i*width : (i+1)*width : (i+1)*width]
}

// addr is one of them; an IPv4 address stays mapped where it is.
func (a addresses) addr(i int) netip.Addr {
	addr, _ := netip.AddrFromSlice(a.at(i)) // of as many octets as its type has
	return addr
}

// records are the records. They are the caller's own but for the octets.
func (a addresses) records() []dns.RR {
	if !a.some() {
		return nil
	}
	out := make([]dns.RR, 0, a.count())
	header := dns.RR_Header{Name: a.name, Rrtype: a.kind, Class: dns.ClassINET, Ttl: a.ttl}
	for i := range a.count() {
		if a.kind == dns.TypeA {
			out = append(out, &dns.A{Hdr: header, A: a.at(i)})
		} else {
			out = append(out, &dns.AAAA{Hdr: header, AAAA: a.at(i)})
		}
	}
	return out
}
