package resolve

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Addresses of no network, but of whoever uses them.
var (
	thisHost  = netip.MustParsePrefix("0.0.0.0/8") // RFC 1122 section 3.2.1.3
	broadcast = netip.MustParseAddr("255.255.255.255")
)

// PrivateNetworks are RFC 1918's, RFC 6598's and the unique local addresses of RFC 4193.
func PrivateNetworks() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// public leaves out addresses that mean somebody's own machine or network segment: answered by an upstream, they point
// the client at something that the name's owner does not own.
func (r *Resolver) public(records []dns.RR) []dns.RR {
	var kept []dns.RR
	for _, rr := range records {
		switch rr := rr.(type) {
		case *dns.A:
			if r.isLocal(rr.A) {
				continue
			}
		case *dns.AAAA:
			if r.isLocal(rr.AAAA) {
				continue
			}
		case *dns.HTTPS:
			kept = append(kept, &dns.HTTPS{SVCB: *r.publicHints(&rr.SVCB)})
			continue
		case *dns.SVCB:
			kept = append(kept, r.publicHints(rr))
			continue
		}
		kept = append(kept, rr)
	}
	return kept
}

// publicHints leaves the local ones of the address hints out; RFC 9460 section 7.3.
func (r *Resolver) publicHints(rr *dns.SVCB) *dns.SVCB {
	out := *rr
	out.Value = nil
	for _, value := range rr.Value {
		switch hint := value.(type) {
		case *dns.SVCBIPv4Hint:
			if slices.ContainsFunc(hint.Hint, func(ip net.IP) bool { return r.isLocal(ip) }) {
				continue
			}
		case *dns.SVCBIPv6Hint:
			if slices.ContainsFunc(hint.Hint, func(ip net.IP) bool { return r.isLocal(ip) }) {
				continue
			}
		}
		out.Value = append(out.Value, value)
	}
	return &out
}

// anyLocal says whether one of several is local.
func (r *Resolver) anyLocal(a addresses) bool {
	for i := range a.count() {
		if r.isLocal(a.at(i)) {
			return true
		}
	}
	return false
}

// isLocal says that an address, or an IPv4 address that it holds, is local to whoever uses it.
func (r *Resolver) isLocal(ip []byte) bool {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return true
	}
	addr = addr.Unmap()
	return r.localTo(addr) || slices.ContainsFunc(embedded(addr), r.localTo)
}

func (r *Resolver) localTo(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || addr.IsMulticast() || addr == broadcast ||
		thisHost.Contains(addr) || slices.Contains(r.own, addr) || slices.ContainsFunc(r.local, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// aliasable says that a chain may lead to a name: one of letters, digits, '-' and '_', or one of the reverse trees,
// which RFC 2317 gives a '/'. An odd byte in a canonical name can end it early where it is read as a C string.
func aliasable(name string) bool {
	return IsReverse(name) || strings.Trim(name, hostBytes) == ""
}

const hostBytes = "abcdefghijklmnopqrstuvwxyz0123456789-_."
