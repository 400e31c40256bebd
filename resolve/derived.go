package resolve

import (
	"iter"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// Derived is a name or an address that an answer led to: the authority of the name that was asked for chose it.
type Derived struct {
	Name string     // normalised but for odd bytes, which are escaped; "" for an address
	Addr netip.Addr // zero for a name
	TTL  time.Duration
}

// maxDerived is how many names and addresses of one answer count.
const maxDerived = 512

// Derived are the targets of CNAME, DNAME, SRV, MX, PTR, HTTPS and SVCB records in an answer, and its addresses, those
// that are hints of the latter two included; the first 512.
func (a *Answer) Derived() iter.Seq[Derived] {
	return func(yield func(Derived) bool) {
		left := maxDerived
		for i := range a.addresses.count() {
			if left--; left < 0 || !yield(Derived{Addr: a.addresses.addr(i).Unmap(), TTL: time.Duration(a.addresses.ttl) * time.Second}) {
				return
			}
		}
		for _, rr := range a.records {
			if !derive(rr, func(d Derived) bool { left--; return left >= 0 && yield(d) }) {
				return
			}
		}
	}
}

// derive yields what a record leads to; false where no more is wanted.
func derive(rr dns.RR, yield func(Derived) bool) bool {
	ttl := time.Duration(rr.Header().Ttl) * time.Second
	if addr, ok := addressOf(rr); ok {
		return yield(Derived{Addr: addr.Unmap(), TTL: ttl})
	}
	for _, addr := range hintsOf(rr) {
		if !yield(Derived{Addr: addr.Unmap(), TTL: ttl}) {
			return false
		}
	}
	name := strings.TrimSuffix(ascii.Lower(targetOf(rr)), ".")
	return name == "" || yield(Derived{Name: name, TTL: ttl})
}

// targetOf is the name that a record leads to; "" or "." where there is none.
func targetOf(rr dns.RR) string {
	switch rr := rr.(type) {
	case *dns.CNAME:
		return rr.Target
	case *dns.DNAME:
		return rr.Target
	case *dns.SRV:
		return rr.Target
	case *dns.MX:
		return rr.Mx
	case *dns.PTR:
		return rr.Ptr
	case *dns.HTTPS:
		return rr.Target
	case *dns.SVCB:
		return rr.Target
	}
	return ""
}

// hintsOf are the addresses that a record gives beside its target.
func hintsOf(rr dns.RR) []netip.Addr {
	var values []dns.SVCBKeyValue
	switch rr := rr.(type) {
	case *dns.HTTPS:
		values = rr.Value
	case *dns.SVCB:
		values = rr.Value
	}
	var out []netip.Addr
	for _, value := range values {
		switch hint := value.(type) {
		case *dns.SVCBIPv4Hint:
			for _, ip := range hint.Hint {
				out = appendHint(out, ip.To4())
			}
		case *dns.SVCBIPv6Hint:
			for _, ip := range hint.Hint {
				out = appendHint(out, ip)
			}
		}
	}
	return out
}

func appendHint(all []netip.Addr, ip []byte) []netip.Addr {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		return append(all, addr)
	}
	return all
}
