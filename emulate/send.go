package emulate

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// modelled are the flags that a datagram of one question may carry on the short way.
const modelled = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL | unix.MSG_CONFIRM

// maxQuestion is the longest datagram of the short way, in bytes. Longer ones meet the kernel's own limits.
const maxQuestion = 4096

// maxAhead is the longest datagram that is read with its address, in bytes: most questions, and little of what is no question.
const maxAhead = 512

// datagram is one message to send: everything but its bytes, which most are read of when it is known that they are needed.
type datagram struct {
	call    Call
	to      address // without a name its raw bytes are none
	iov     uint64  // sendmsg's vector, not read yet
	iovLen  int
	spans   []sys.Span
	size    int
	ahead   []byte // the bytes, where they were read already
	control bool   // it has control messages; they are never read
	flags   int
}

// sendto carries out sendto(2) with an address.
func (e *Emulator) sendto(n sys.Notification) verdict {
	length := int(int32(n.Args[5]))
	if length < 2 || length > sys.MaxSockaddr {
		return run() // refused by the kernel, or an address without a family
	}
	d := datagram{call: e.call(n, "sendto"), flags: int(int32(n.Args[3]))}
	d.size = int(min(n.Args[2], maxDatagram+1))
	d.spans = []sys.Span{{Base: n.Args[1], Len: d.size}}
	if length < unix.SizeofSockaddrInet4 || d.size > maxAhead {
		var errno unix.Errno
		if d.to, errno = e.readName(n, n.Args[4], length); errno != 0 {
			return fail(errno)
		}
		return e.send(n, d)
	}
	raw := make([]byte, length+d.size)
	got, err := sys.ReadSpans(n.TID, []sys.Span{{Base: n.Args[4], Len: length}, d.spans[0]}, raw)
	switch {
	case err == nil:
		d.ahead = raw[length:]
	case got < length:
		return fail(e.errnoOf(err))
	}
	d.to = decodeAddress(raw[:length:length]).ofSend()
	return e.send(n, d)
}

// sendmsg carries out sendmsg(2).
func (e *Emulator) sendmsg(n sys.Notification) verdict {
	var raw [sizeofMsghdr]byte
	if errno := e.peek(n, n.Args[1], raw[:]); errno != 0 {
		return fail(errno)
	}
	d, v := e.message(n, e.call(n, "sendmsg"), decodeMsghdr(&raw), int(int32(n.Args[2])))
	if d == nil {
		return v
	}
	return e.send(n, *d)
}

// message reads the name of a msghdr. No datagram: the verdict.
func (e *Emulator) message(n sys.Notification, c Call, m msghdr, flags int) (*datagram, verdict) {
	length, ok := m.addressLen()
	if !ok || length == 1 || m.iovLen > maxIovecs {
		return nil, run() // the kernel refuses it
	}
	d := &datagram{call: c, iov: m.iov, iovLen: int(m.iovLen), control: m.controlLen > 0, flags: flags}
	if length > 0 {
		var errno unix.Errno
		if d.to, errno = e.readName(n, m.name, length); errno != 0 {
			return nil, fail(errno)
		}
	}
	return d, verdict{}
}

// gather reads the vector of a datagram's bytes.
func (e *Emulator) gather(n sys.Notification, d *datagram) unix.Errno {
	if d.iovLen == 0 {
		return 0
	}
	iovecs := make([]byte, d.iovLen*sizeofIovec)
	if errno := e.read(n, d.iov, iovecs); errno != 0 {
		return errno
	}
	var ok bool
	if d.spans, d.size, ok = decodeIovecs(iovecs); !ok {
		d.size = maxDatagram + 1
	}
	return 0
}

// aimed says whether an address is a resolver's.
func (e *Emulator) aimed(to address) bool {
	return to.inet.IsValid() && to.inet.Port() == dnsPort
}

// send decides and carries out one message.
func (e *Emulator) send(n sys.Notification, d datagram) verdict {
	switch {
	case d.to.family == unix.AF_UNIX:
		return e.unix(d.call, d.to)
	case d.to.family == unix.AF_NETLINK:
		if e.Handler.Away(n.TID) && e.dumpsAddresses(n, d) {
			e.arrive(n, d.call, false)
		}
		return run()
	case !d.to.inet.IsValid():
		return run() // without a name its peer was fixed by a connect; what the kernel refuses
	case !e.aimed(d.to) && e.Local(d.to.inet.Addr()):
		if e.Handler.Away(n.TID) {
			e.arrive(n, d.call, true)
		}
		return run()
	}
	s, v, ok := e.take(n)
	if !ok {
		return e.unseen(d.call, d.to, v)
	}
	defer s.close()
	switch {
	case !s.reaches(d.to):
		return run()
	case s.tcp() && d.flags&unix.MSG_FASTOPEN == 0:
		return run() // a connected stream ignores the address
	case s.udp() && d.to.inet.Port() == 0:
		return run() // EINVAL
	}
	network, errno := e.Handler.Network(d.call, s.fd, Destination{Transport: s.transport(), Address: d.to.inet})
	switch {
	case errno != 0:
		return fail(errno)
	case network == nil, !e.aimed(d.to) && network.Open:
		return run()
	case !e.aimed(d.to):
		return e.refuse(&s, d)
	case !s.udp() && s.datagrams() && network.spreads(d.to):
		return e.refuse(&s, d)
	case !s.udp():
		network.remember(d.call, &s) // TCP Fast Open (RFC 7413) connects the socket to the stub
		return run()
	}
	return e.sendDatagram(n, network, &s, d)
}

// dumpsAddresses says whether a message to netlink asks for the addresses of all interfaces (rtnetlink(7)).
func (e *Emulator) dumpsAddresses(n sys.Notification, d datagram) bool {
	var header [6]byte // length and type of a struct nlmsghdr
	if len(d.spans) == 0 || d.spans[0].Len < len(header) || e.read(n, d.spans[0].Base, header[:]) != 0 {
		return false
	}
	return binary.NativeEndian.Uint16(header[4:]) == unix.RTM_GETADDR
}

// refuse fails a send to an address that is neither a resolver's nor local. The socket is bound by then.
func (e *Emulator) refuse(s *socket, d datagram) verdict {
	if s.udp() {
		if _, errno := boundAddr(s); errno != 0 {
			return fail(errno)
		}
	}
	return fail(e.Handler.Refuse(d.call, Destination{Transport: s.transport(), Address: d.to.inet}))
}

func (e *Emulator) sendDatagram(n sys.Notification, w *Network, s *socket, d datagram) verdict {
	if d.flags&unix.MSG_ZEROCOPY != 0 || d.control {
		// Sent from the target's own pages, of which it is then told; and with the target's own rights, which the kernel asks
		// for some control messages (SO_MARK, IPV6_HOPOPTS).
		if w.spreads(d.to) {
			return e.refuse(s, d)
		}
		w.remember(d.call, s)
		return run()
	}
	if errno := e.gather(n, &d); errno != 0 {
		return fail(errno)
	}
	if d.size > maxDatagram {
		return run() // EMSGSIZE
	}
	data := d.ahead // take has told since that the call still waited
	if data == nil {
		data = make([]byte, d.size)
		if errno := e.readSpans(n, d.spans, data); errno != 0 {
			return fail(errno)
		}
	}
	if d.question() && s.plain(d.to) {
		return e.question(w, s, d, data)
	}
	return e.perform(w, s, d, data)
}

// question says whether a datagram is one that the short way models.
func (d *datagram) question() bool {
	ip := d.to.inet.Addr()
	return d.flags&^modelled == 0 && d.size > 0 && d.size <= maxQuestion && (ip.IsGlobalUnicast() || ip.IsLoopback() || ip.IsLinkLocalUnicast())
}

// question hands the datagram to the handler in place of sending it.
func (e *Emulator) question(w *Network, s *socket, d datagram, data []byte) verdict {
	local, errno := boundAddr(s)
	if errno != 0 {
		return fail(errno)
	}
	if local.Port() == 0 {
		return e.perform(w, s, d, data) // IP_BIND_ADDRESS_NO_PORT: the kernel chooses at the send
	}
	resolver := d.to.inet
	client := e.client(local, resolver.Addr())
	deliver := func(response []byte) {
		// The target may have closed its socket by now, or have a full one: then the response is lost, as on a wire.
		_ = w.Stub.SendFrom(response, resolver, client, loopbackIndex)
	}
	out := e.Handler.Query(Query{Call: d.call, Wire: data, Resolver: resolver, Client: client, Deliver: deliver})
	if out.Errno != 0 {
		return fail(out.Errno)
	}
	v := done(len(data))
	if out.Response != nil {
		v.later(func() { deliver(out.Response) })
		v.held = len(out.Response)
	}
	if out.After != nil {
		v.later(out.After)
	}
	return v
}

// boundAddr returns the socket's local address, bound now if it was not: as the kernel does at the first send.
func boundAddr(s *socket) (netip.AddrPort, unix.Errno) {
	local, errno := sys.LocalAddr(s.fd)
	if errno != 0 || local.Port() != 0 || !local.Addr().IsUnspecified() {
		return local, errno
	}
	// EINVAL: another thread's call has bound it meanwhile.
	if errno := sys.BindAny(s.fd, s.domain); errno != 0 && errno != unix.EINVAL {
		return local, errno
	}
	return sys.LocalAddr(s.fd)
}

// perform sends the copied bytes from the target's socket; the stub answers what is for a resolver. Nothing else needs a network.
func (e *Emulator) perform(w *Network, s *socket, d datagram, data []byte) verdict {
	if e.aimed(d.to) {
		if w.spreads(d.to) {
			return e.refuse(s, d)
		}
		w.remember(d.call, s)
	} else {
		_, _ = boundAddr(s)
	}
	sent, errno := sys.Send(s.fd, sys.Message{Name: d.to.scoped(), Data: data, Flags: d.flags | unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL})
	switch {
	case errno == unix.EAGAIN && d.flags&unix.MSG_DONTWAIT == 0:
		return run() // the kernel waits for room, or says EAGAIN, as the socket's own flags have it
	case errno != 0:
		return fail(errno)
	}
	return done(sent)
}
