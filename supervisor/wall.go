package supervisor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// The addresses on lo beside 127.0.0.1 and ::1. Without one that is not loopback, getaddrinfo's AI_ADDRCONFIG says
// that the family is not configured. 192.0.0.8 is the IPv4 dummy address (RFC 7600), 100::/64 the discard-only
// prefix (RFC 6666): neither is ever a real host.
var (
	placeholder4 = netip.MustParseAddr("192.0.0.8")
	placeholder6 = netip.MustParseAddr("100::8")
)

// Placeholders are the addresses that every namespace of ours has beside loopback's.
func Placeholders() []netip.Addr { return []netip.Addr{placeholder4, placeholder6} }

const (
	loopback  = 1  // lo's interface index in every network namespace
	wallTable = 53 // the routing table of the wall
	stubPort  = 53
)

// wall is the network of the namespace: every packet for port 53 comes to us, and nothing else has a route.
type wall struct {
	tcp  *net.TCPListener
	stub *sys.Stub
	news *news // of a namespace that the tree has in hand; nil: nobody can change it
}

// build gives the namespace its addresses and routes, and binds the stub's sockets. It owns the sockets it is given.
func build(s sys.WallSockets) (*wall, error) {
	w := &wall{}
	if err := errors.Join(w.setUp(s), s.Close()); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// TryWall builds a wall and takes it down again: whether this kernel can route and answer as a run needs it to. It
// owns the sockets.
func TryWall(s sys.WallSockets) error {
	w, err := build(s)
	if err != nil {
		return err
	}
	return w.Close()
}

func (w *wall) setUp(s sys.WallSockets) error {
	if err := addRoutes(s); err != nil {
		return err
	}
	return w.bind(s, sys.NewStub)
}

func addRoutes(s sys.WallSockets) error {
	if err := route(s.Route, unix.AF_INET); err != nil {
		return fmt.Errorf("set up IPv4 in the namespace: %w", err)
	}
	if s.UDP6 != nil {
		// Switched off by sysctl, IPv6 refuses addresses; the dual-stack socket still serves IPv4.
		if err := route(s.Route, unix.AF_INET6); err != nil && !errors.Is(err, unix.EACCES) {
			return fmt.Errorf("set up IPv6 in the namespace: %w", err)
		}
	}
	return nil
}

// bind binds the stub's sockets.
func (w *wall) bind(s sys.WallSockets, newStub func(*os.File, int) (*sys.Stub, error)) error {
	udp, tcp, family := s.UDP6, s.TCP6, unix.AF_INET6
	if udp == nil || tcp == nil {
		udp, tcp, family = s.UDP4, s.TCP4, unix.AF_INET
	}
	for _, f := range []*os.File{udp, tcp} {
		if err := sys.BindTransparent(f, family, stubPort); err != nil {
			return fmt.Errorf("bind the stub: %w", err)
		}
	}
	var err error
	if w.stub, err = newStub(udp, family); err != nil {
		return fmt.Errorf("open the stub: %w", err)
	}
	listener, err := sys.Listen(tcp)
	if err != nil {
		return fmt.Errorf("listen on the stub: %w", err)
	}
	w.tcp = listener.(*net.TCPListener)
	return nil
}

// shutDown ends the services on the stub's sockets. Questions then reach nobody.
func (w *wall) shutDown() error {
	if w == nil {
		return nil // in the host's network there is none
	}
	var err error
	if w.news != nil {
		err = w.news.shutDown()
	}
	return errors.Join(err, w.stub.ShutDown(), w.tcp.SetDeadline(time.Now()))
}

// Close closes the stub's sockets.
func (w *wall) Close() error {
	if w == nil {
		return nil
	}
	var errs []error
	if w.news != nil {
		errs = append(errs, w.news.Close())
	}
	if w.stub != nil {
		errs = append(errs, w.stub.Close())
	}
	if w.tcp != nil {
		errs = append(errs, w.tcp.Close())
	}
	return errors.Join(errs...)
}

// local says whether an address is the namespace's own.
func local(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsUnspecified() || a == placeholder4 || a == placeholder6
}

// source is the address that the kernel takes towards a resolver: the resolver's own where it is local.
func source(resolver netip.Addr) netip.Addr {
	switch resolver = resolver.Unmap(); {
	case resolver.IsUnspecified() && resolver.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case resolver.IsUnspecified(), resolver == netip.IPv6Loopback():
		return netip.IPv6Loopback()
	case local(resolver):
		return resolver
	case resolver.Is4():
		return placeholder4
	}
	return placeholder6
}

// route brings lo up and adds, for one family: the placeholder address, a table that takes every destination for
// local, and for each of UDP and TCP the rule that sends port 53 there.
func route(f *os.File, family uint8) error { return execute(f, routes(family)) }

func routes(family uint8) []request {
	placeholder, bits := net.IP(placeholder4.AsSlice()), uint8(32)
	if family == unix.AF_INET6 {
		placeholder, bits = net.IP(placeholder6.AsSlice()), 128
	}
	const add = netlink.Create | netlink.Excl
	requests := []request{
		{unix.RTM_NEWLINK, 0, loopbackUp()},
		address(family),
		{unix.RTM_NEWROUTE, add, &rtnetlink.RouteMessage{
			Family: family, Table: wallTable, Protocol: unix.RTPROT_STATIC, Scope: unix.RT_SCOPE_HOST, Type: unix.RTN_LOCAL,
			Attributes: rtnetlink.RouteAttributes{OutIface: loopback, Src: placeholder},
		}},
	}
	if family == unix.AF_INET6 {
		// The kernel adds this one itself, but in its own time: answers to the first questions would have no way.
		requests = append(requests, request{unix.RTM_NEWROUTE, netlink.Create, &rtnetlink.RouteMessage{
			Family: family, DstLength: bits, Table: unix.RT_TABLE_LOCAL, Protocol: unix.RTPROT_STATIC, Scope: unix.RT_SCOPE_HOST, Type: unix.RTN_LOCAL,
			Attributes: rtnetlink.RouteAttributes{Dst: placeholder, OutIface: loopback},
		}})
	}
	return append(requests, questionRules(rtnetlink.RuleMessage{Family: family, Table: wallTable}, rtnetlink.RuleAttributes{})...)
}

// questionRules are the rules for what is sent to port 53. They stand behind that of local addresses and before all others: the kernel puts
// a new rule behind those of its own priority, and one without a priority before the second rule of all, but behind those of priority 0.
func questionRules(m rtnetlink.RuleMessage, a rtnetlink.RuleAttributes) []request {
	var requests []request
	priority := uint32(0)
	// Nobody answers UDP-Lite; it is not to pass an interface either.
	for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP, unix.IPPROTO_UDPLITE} {
		m, a := m, a
		a.Priority, a.IPProto, a.DPortRange = &priority, &protocol, &rtnetlink.RulePortRange{Start: stubPort, End: stubPort}
		m.Action, m.Attributes = unix.FR_ACT_TO_TBL, &a
		requests = append(requests, request{unix.RTM_NEWRULE, netlink.Create | netlink.Excl, &m})
	}
	return requests
}

type request struct {
	kind  netlink.HeaderType
	flags netlink.HeaderFlags
	body  rtnetlink.Message
}

// encode makes one datagram of requests.
func encode(requests []request) ([]byte, error) {
	var batch []byte
	for i, r := range requests {
		body, err := r.body.MarshalBinary()
		if err != nil {
			return nil, err
		}
		one, err := netlink.Message{
			Header: netlink.Header{
				Length: uint32(16 + len(body)), Type: r.kind, Sequence: uint32(i + 1),
				Flags: netlink.Request | netlink.Acknowledge | r.flags,
			},
			Data: body,
		}.MarshalBinary()
		if err != nil {
			return nil, err
		}
		batch = append(batch, one...)
	}
	return batch, nil
}

// execute sends the requests as one datagram and reads an acknowledgement for each.
func execute(f *os.File, requests []request) error {
	batch, err := encode(requests)
	if err != nil {
		return err
	}
	if _, err := f.Write(batch); err != nil {
		return fmt.Errorf("rtnetlink: %w", err)
	}
	return acknowledged(f, len(requests))
}

func acknowledged(f *os.File, count int) error {
	buf := make([]byte, 64<<10)
	for count > 0 {
		n, err := sys.ReadNetlink(f, buf)
		if err != nil {
			return fmt.Errorf("rtnetlink: %w", err)
		}
		errno, replies, err := sys.NetlinkErrors(buf[:n])
		if err != nil {
			return err
		}
		if errno != 0 {
			return fmt.Errorf("rtnetlink: %w", errno)
		}
		count -= replies
	}
	return nil
}
