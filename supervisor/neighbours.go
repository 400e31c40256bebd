package supervisor

import (
	"net"
	"net/netip"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A sandbox with interfaces may have a DNS service behind one of them: aardvark-dns for podman's networks, the one built into
// slirp4netns and pasta. Resolvers that such an interface reaches without a router are left to it, unless they are to be replaced.

// mostNeighbours bounds the nets of one namespace.
const mostNeighbours = 64

// linkLocal are on the link of whoever has one: pasta answers at 169.254.1.1.
var linkLocal = map[bool]netip.Prefix{true: netip.MustParsePrefix("169.254.0.0/16"), false: netip.MustParsePrefix("fe80::/10")}

// leave takes a net, and the family's link-local one, out of what the wall takes.
func (n *news) leave(net netip.Prefix) {
	for _, prefix := range []netip.Prefix{net, linkLocal[net.Addr().Is4()]} {
		n.mu.Lock()
		more := !n.nets[prefix] && len(n.nets) < mostNeighbours
		if more {
			n.nets[prefix] = true
		}
		n.mu.Unlock()
		if more {
			n.send(append(neighbourRules(prefix), last(familyOf(prefix))...))
		}
	}
}

// last has the rules of the wall stand behind those of the same priority, with no moment without them.
func last(family uint8) []request {
	var again, away []request
	for _, r := range routes(family) {
		if r.kind == unix.RTM_NEWRULE {
			again = append(again, request{r.kind, netlink.Create, r.body})
			away = append(away, inverse(r)) // the first that is like it
		}
	}
	return append(again, away...)
}

// neighbours are the rules for all nets that are left alone.
func (n *news) neighbours() []request {
	n.mu.Lock()
	defer n.mu.Unlock()
	var requests []request
	for prefix := range n.nets {
		requests = append(requests, neighbourRules(prefix)...)
	}
	return requests
}

// leaves says whether questions to an address are left alone.
func (n *news) leaves(resolver netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for prefix := range n.nets {
		if prefix.Contains(resolver) {
			return !broadcasts(prefix, resolver)
		}
	}
	return false
}

// broadcasts says whether an address stands for all of a net: no service has it.
func broadcasts(prefix netip.Prefix, a netip.Addr) bool {
	return a.Is4() && prefix.Bits() < 31 && !prefix.Contains(a.Next())
}

func familyOf(prefix netip.Prefix) uint8 {
	if prefix.Addr().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func neighbourRules(prefix netip.Prefix) []request {
	to, table := net.IP(prefix.Addr().AsSlice()), uint32(unix.RT_TABLE_MAIN)
	return questionRules(
		rtnetlink.RuleMessage{Family: familyOf(prefix), DstLength: uint8(prefix.Bits()), Table: unix.RT_TABLE_MAIN},
		rtnetlink.RuleAttributes{Dst: &to, Table: &table},
	)
}
