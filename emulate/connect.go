package emulate

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// dnsPort is where resolvers listen; RFC 1035 section 4.2.
const dnsPort = 53

// connect carries out connect(2).
func (e *Emulator) connect(n sys.Notification) verdict {
	length := int(int32(n.Args[2]))
	if length < 2 || length > sys.MaxSockaddr {
		return run() // the kernel refuses it, with its own errno
	}
	to, errno := e.readAddress(n, n.Args[1], length)
	if errno != 0 {
		return fail(errno)
	}
	c := e.call(n, "connect")
	switch to.family {
	case unix.AF_INET, unix.AF_INET6:
		return e.connectInet(n, c, to)
	case unix.AF_UNIX:
		return e.unix(c, to)
	}
	return run()
}

// unix lets a call to an AF_UNIX address run unless the handler refuses its path.
func (e *Emulator) unix(c Call, to address) verdict {
	if path := to.path(); path != "" {
		if errno := e.Handler.Unix(c, path); errno != 0 {
			return fail(errno)
		}
	}
	return run()
}

// arrive has the namespace of a thread that is away given addresses, before a program in it looks for them by netlink or by a connect
// to loopback: without one it would conclude that it need not ask for any (AI_ADDRCONFIG in getaddrinfo(3)).
func (e *Emulator) arrive(n sys.Notification, c Call, connects bool) {
	s, v, ok := e.take(n)
	switch {
	case ok:
		defer s.close()
		e.Handler.Arrive(c, s.fd, connects)
	case v.run && c.Waits():
		e.Handler.Arrive(c, NoSocket, connects)
	}
}

func (e *Emulator) connectInet(n sys.Notification, c Call, to address) verdict {
	if !to.inet.IsValid() {
		return run()
	}
	if to.inet.Port() != dnsPort && e.Local(to.inet.Addr()) {
		if e.Handler.Away(n.TID) {
			e.arrive(n, c, true)
		}
		e.connectLocal(n, c, to)
		return run()
	}
	s, v, ok := e.take(n)
	if !ok {
		return e.unseen(c, to, v)
	}
	defer s.close()
	if !s.reaches(to) {
		return run()
	}
	there := Destination{Transport: s.transport(), Address: to.inet}
	network, errno := e.Handler.Network(c, s.fd, there)
	switch {
	case errno != 0:
		return fail(errno)
	case network == nil, to.inet.Port() != dnsPort && network.Open:
		return run()
	case to.inet.Port() != dnsPort && s.udp():
		// Nothing is sent. getaddrinfo connects so to sort addresses (RFC 6724), and reads the kernel's own errno.
		return fail(unix.ENETUNREACH)
	case to.inet.Port() != dnsPort:
		return fail(e.Handler.Refuse(c, there))
	case s.datagrams() && network.spreads(to):
		return fail(e.Handler.Refuse(c, there))
	case !s.udp():
		// The kernel connects it to the stub, and waits, is interrupted and restarted as for any other socket.
		network.remember(c, &s)
		return run()
	}
	if errno := sys.Connect(s.fd, to.scoped()); errno != 0 {
		return fail(errno)
	}
	network.remember(c, &s)
	return done(0)
}

// spreads says whether the kernel sends to an address by an interface that the tree has made, whatever our rules say: for multicast and
// 255.255.255.255 it asks no routing table, and for the broadcast address of an interface the local one, which comes before all.
func (w *Network) spreads(to address) bool {
	ip := to.inet.Addr()
	return w.Open && (ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || w.Stub.Broadcasts(to.inet))
}

// connectLocal tells the handler who connects to a forward. One of whom nothing can be told connects all the same.
func (e *Emulator) connectLocal(n sys.Notification, c Call, to address) {
	if e.Forwarded == nil || !e.Forwarded(to.inet.Port()) {
		return
	}
	s, _, ok := e.take(n)
	if !ok {
		return
	}
	defer s.close()
	if home := e.Home(s.fd); home != nil && s.tcp() && s.reaches(to) {
		home.remember(c, &s)
	}
}

// remember tells the handler who uses a socket towards a resolver. It binds the socket if it is unbound, so that its port is
// known before the stub meets it: the kernel itself would a moment later.
func (w *Network) remember(c Call, s *socket) {
	if !s.udp() && !s.tcp() {
		return
	}
	if local, errno := boundAddr(s); errno == 0 && local.Port() != 0 {
		w.Connected(c, s.transport(), local)
	}
}

// loopbackIndex is lo's, the first interface of every network namespace.
const loopbackIndex = 1

// scoped is the address with lo as the zone of a link-local one that names none: the interface that a nameserver
// line such as fe80::1%eth0 names does not exist here.
func (a address) scoped() []byte {
	ip := a.inet.Addr()
	if a.family != unix.AF_INET6 || a.mapped || !ip.IsLinkLocalUnicast() || len(a.raw) < 28 {
		return a.raw
	}
	raw := append([]byte(nil), a.raw...)
	raw[24], raw[25], raw[26], raw[27] = loopbackIndex, 0, 0, 0
	return raw
}

// client is the address that a response to a socket bound to local is sent to.
func (e *Emulator) client(local netip.AddrPort, resolver netip.Addr) netip.AddrPort {
	ip := local.Addr().Unmap()
	if ip.IsUnspecified() {
		ip = e.Source(resolver)
	}
	return netip.AddrPortFrom(ip, local.Port())
}
