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

// neighbourRules is the priority of the rules that leave neighbours alone: before the wall's, which the kernel counts down from 32766.
const neighbourRules = 32000

// mostNeighbours bounds the nets of one namespace.
const mostNeighbours = 64

// linkLocal are on the link of whoever has one: pasta answers at 169.254.1.1.
var linkLocal = map[bool]netip.Prefix{true: netip.MustParsePrefix("169.254.0.0/16"), false: netip.MustParsePrefix("fe80::/10")}

// leave takes a net, and the family's link-local one, out of what the wall takes.
func (n *news) leave(net netip.Prefix) {
	for _, prefix := range []netip.Prefix{net, linkLocal[net.Addr().Is4()]} {
		n.mu.Lock()
		full := len(n.nets) >= mostNeighbours
		if !full {
			n.nets[prefix] = true
		}
		n.mu.Unlock()
		if !full {
			n.send([]request{neighbourRule(prefix)})
		}
	}
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

func neighbourRule(prefix netip.Prefix) request {
	family, priority, table := uint8(unix.AF_INET), uint32(neighbourRules), uint32(unix.RT_TABLE_MAIN)
	if prefix.Addr().Is6() {
		family = unix.AF_INET6
	}
	to := net.IP(prefix.Addr().AsSlice())
	return request{unix.RTM_NEWRULE, netlink.Create | netlink.Excl, &rtnetlink.RuleMessage{
		Family: family, DstLength: uint8(prefix.Bits()), Table: unix.RT_TABLE_MAIN, Action: unix.FR_ACT_TO_TBL,
		Attributes: &rtnetlink.RuleAttributes{Dst: &to, Priority: &priority, Table: &table},
	}}
}
