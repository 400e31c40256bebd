package supervisor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// errExisting says that a namespace has a DNS service of its own on port 53.
var errExisting = errors.New("a DNS service listens there already")

// buildBeside builds a wall in a namespace that the tree made, may change, and may have given interfaces: keep leaves the resolvers
// on their links alone. It owns the sockets.
func buildBeside(s sys.WallSockets, keep bool) (*wall, error) {
	w := &wall{}
	err := w.bind(s, sys.NewPolledStub)
	if errors.Is(err, unix.EADDRINUSE) {
		err = fmt.Errorf("%w: %w", errExisting, err)
	}
	route := s.Route
	s.Route = nil
	if err == nil {
		w.news, err = follow(route, keep)
	} else {
		err = errors.Join(err, route.Close())
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// mend puts back what the sandbox's root has taken away of the wall.
func (w *wall) mend() {
	// What has been told and not read yet: an interface may be new.
	if err := sys.HearNetlink(w.news.route, false, w.news.heard); err != nil {
		return // shut down
	}
	if w.news.changed.Swap(false) {
		w.news.survey()
		w.news.send(w.news.neighbours())
		w.news.send(allRequests()) // what cannot be put back is not there: questions then reach nobody
	}
}

// news follows the interfaces and rules of a namespace. A packet that is bound to an interface passes the route on lo by: each
// interface has one of its own.
type news struct {
	route   *os.File
	changed atomic.Bool
	done    chan struct{}

	keep    bool
	mu      sync.Mutex
	dumping int                   // RTM_GETLINK or RTM_GETADDR: what is being dumped; 0: nothing
	again   bool                  // and is to be asked once more
	nets    map[netip.Prefix]bool // that the interfaces reach, whose resolvers are left alone
}

// follow builds the routes, and keeps them for the interfaces to come.
func follow(route *os.File, keep bool) (*news, error) {
	groups := []int{unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE}
	if keep {
		groups = append(groups, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR)
	}
	if err := sys.Subscribe(route, groups...); err != nil {
		return nil, errors.Join(err, route.Close())
	}
	n := &news{route: route, done: make(chan struct{}), keep: keep, nets: map[netip.Prefix]bool{}}
	if err := executeEach(route, routes(unix.AF_INET)); err != nil {
		return nil, errors.Join(fmt.Errorf("set up the namespace: %w", err), route.Close())
	}
	for _, r := range routes(unix.AF_INET6) {
		// Switched off by sysctl, IPv6 refuses lo's address, and the route by it: an interface may have IPv6 all the same.
		_ = executeEach(route, []request{r})
	}
	n.survey()
	if err := sys.HearNetlink(route, false, n.heard); err != nil {
		return nil, errors.Join(err, route.Close())
	}
	go n.follow()
	return n, nil
}

// executeEach executes requests one by one; what is there already is as good as new.
func executeEach(f *os.File, requests []request) error {
	for _, r := range requests {
		if err := execute(f, []request{r}); err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
	}
	return nil
}

func allRequests() []request {
	return append(besideRequests(unix.AF_INET), besideRequests(unix.AF_INET6)...)
}

// besideRequests have answers stay in the namespace, too: whoever asks may choose the address that the question comes from (IP_FREEBIND,
// ip(7)), and we answer from any.
func besideRequests(family uint8) []request {
	requests := routes(family)
	priority, local := uint32(0), "lo" // what is sent here, not what passes through
	for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
		requests = append(requests, request{unix.RTM_NEWRULE, netlink.Create | netlink.Excl, &rtnetlink.RuleMessage{
			Family: family, Table: wallTable, Action: unix.FR_ACT_TO_TBL,
			Attributes: &rtnetlink.RuleAttributes{Priority: &priority, IIFName: &local, IPProto: &protocol, SPortRange: &rtnetlink.RulePortRange{Start: stubPort, End: stubPort}},
		}})
	}
	return requests
}

// send sends requests whose answers follow reads.
func (n *news) send(requests []request) {
	for _, r := range requests {
		if batch, err := encode([]request{r}); err == nil {
			_, _ = n.route.Write(batch) // a namespace that takes no more requests keeps what it has
		}
	}
}

func (n *news) follow() {
	defer close(n.done)
	for sys.HearNetlink(n.route, true, n.heard) == nil { // until it is shut down
	}
}

// survey asks for every interface and then, where neighbours are kept, for every address: a socket has one dump at a time.
func (n *news) survey() {
	n.mu.Lock()
	busy := n.dumping != 0
	n.again = busy
	if !busy {
		n.dumping = unix.RTM_GETLINK
	}
	n.mu.Unlock()
	if !busy {
		n.send([]request{{unix.RTM_GETLINK, netlink.Dump, &rtnetlink.LinkMessage{}}})
	}
}

// dumped goes on with what is to be asked next.
func (n *news) dumped() {
	n.mu.Lock()
	addresses := n.keep && n.dumping == unix.RTM_GETLINK
	n.dumping = 0
	if addresses {
		n.dumping = unix.RTM_GETADDR
	}
	again := n.again && !addresses
	n.mu.Unlock()
	switch {
	case addresses:
		n.send([]request{{unix.RTM_GETADDR, netlink.Dump, &rtnetlink.AddressMessage{}}})
	case again:
		n.survey()
	}
}

func (n *news) heard(e sys.NetlinkEvent) {
	switch {
	case e.Kind == unix.RTM_NEWADDR && n.keep && e.Index != loopback && e.Prefix.IsValid():
		n.leave(e.Prefix.Masked())
	case e.Kind == unix.NLMSG_DONE:
		n.dumped()
	case e.Kind == unix.NLMSG_OVERRUN: // the end of a dump may be among what was lost
		n.mu.Lock()
		n.dumping = 0
		n.mu.Unlock()
		n.changed.Store(true)
	case e.Kind == unix.RTM_NEWLINK && e.Index == loopback:
		if e.Flags&unix.IFF_UP == 0 {
			n.changed.Store(true)
		}
	case e.Kind == unix.RTM_NEWLINK && e.Flags&unix.IFF_UP != 0:
		n.send(interfaceRoutes(uint32(e.Index)))
	case (e.Kind == unix.RTM_DELRULE || e.Kind == unix.RTM_DELROUTE) && e.Table == wallTable:
		n.changed.Store(true)
	}
}

// interfaceRoutes take for local what is bound to an interface. They come behind lo's. What answers an IPv4 socket, whose source is the
// placeholder, comes back to the interface, too. Over IPv6 it would not: lo's route to the placeholder weighs more than the interface
// that is asked for (rt6_score_route in net/ipv6/route.c), so there the source is an address of the interface's own.
func interfaceRoutes(index uint32) []request {
	route := func(family uint8, table uint8, a rtnetlink.RouteAttributes) *rtnetlink.RouteMessage {
		a.OutIface = index
		bits := 8 * len(a.Dst)
		return &rtnetlink.RouteMessage{
			Family: family, DstLength: uint8(bits), Table: table, Protocol: unix.RTPROT_STATIC, Scope: unix.RT_SCOPE_HOST, Type: unix.RTN_LOCAL, Attributes: a,
		}
	}
	placeholder := net.IP(placeholder4.AsSlice())
	var requests []request
	for _, r := range []*rtnetlink.RouteMessage{
		route(unix.AF_INET, wallTable, rtnetlink.RouteAttributes{Priority: 1, Src: placeholder}),
		route(unix.AF_INET, unix.RT_TABLE_LOCAL, rtnetlink.RouteAttributes{Priority: 1, Src: placeholder, Dst: placeholder}),
		route(unix.AF_INET6, wallTable, rtnetlink.RouteAttributes{Priority: 2048}),
		route(unix.AF_INET6, unix.RT_TABLE_LOCAL, rtnetlink.RouteAttributes{Priority: 2048, Dst: net.IP(placeholder6.AsSlice())}),
	} {
		requests = append(requests, request{unix.RTM_NEWROUTE, netlink.Create, r})
	}
	return requests
}

// withdraw takes the rules and the placeholders away again. Nobody follows any more.
func (n *news) withdraw() {
	<-n.done
	var requests []request
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		for _, r := range besideRequests(family) {
			if r.kind == unix.RTM_NEWRULE || r.kind == unix.RTM_NEWADDR {
				requests = append(requests, inverse(r))
			}
		}
	}
	for _, r := range n.neighbours() {
		requests = append(requests, inverse(r))
	}
	n.send(requests)
}

// inverse takes away what a request adds: RTM_DELRULE, RTM_DELADDR.
func inverse(r request) request { return request{r.kind + 1, 0, r.body} }

func (n *news) shutDown() error { return n.route.SetReadDeadline(time.Now()) }

// Close closes the socket, once nobody reads it.
func (n *news) Close() error {
	_ = n.shutDown()
	<-n.done
	return n.route.Close()
}
