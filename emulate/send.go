package emulate

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// modelled are the flags that a datagram of one question may carry on the short way.
const modelled = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL | unix.MSG_CONFIRM

// datagram is one message to send: everything but its bytes, which are read when it is known that they are needed.
type datagram struct {
	call       Call
	to         address
	spans      []sys.Span
	size       int
	control    uint64
	controlLen int
	flags      int
}

// sendto carries out sendto(2) with an address.
func (e *Emulator) sendto(n sys.Notification) verdict {
	length := int(int32(n.Args[5]))
	if length < 2 || length > sys.MaxSockaddr {
		return run() // refused by the kernel, or an address without a family
	}
	to, errno := e.readAddress(n, n.Args[4], length)
	if errno != 0 {
		return fail(errno)
	}
	d := datagram{call: Call{TID: n.TID, Syscall: "sendto"}, to: to, flags: int(int32(n.Args[3]))}
	d.size = int(min(n.Args[2], maxDatagram+1))
	d.spans = []sys.Span{{Base: n.Args[1], Len: d.size}}
	return e.send(n, d)
}

// sendmsg carries out sendmsg(2).
func (e *Emulator) sendmsg(n sys.Notification) verdict {
	var raw [sizeofMsghdr]byte
	if errno := e.read(n, n.Args[1], raw[:]); errno != 0 {
		return fail(errno)
	}
	d, v := e.message(n, Call{TID: n.TID, Syscall: "sendmsg"}, decodeMsghdr(&raw), int(int32(n.Args[2])))
	if d == nil {
		return v
	}
	return e.send(n, *d)
}

// message reads what a msghdr points at, but for the data and the control messages. No datagram: the verdict.
func (e *Emulator) message(n sys.Notification, c Call, m msghdr, flags int) (*datagram, verdict) {
	length, ok := m.addressLen()
	if !ok || length < 2 || m.iovLen > maxIovecs {
		// Without a name its peer was fixed by a connect; the rest the kernel refuses.
		return nil, run()
	}
	to, errno := e.readAddress(n, m.name, length)
	if errno != 0 {
		return nil, fail(errno)
	}
	d := &datagram{call: c, to: to, flags: flags, control: m.control}
	if m.controlLen > maxControl {
		return nil, fail(unix.ENOBUFS) // as the kernel's ____sys_sendmsg past optmem_max
	}
	if m.control != 0 {
		d.controlLen = int(m.controlLen)
	}
	if !e.aimed(to) {
		return d, verdict{} // its bytes do not matter
	}
	iovecs := make([]byte, int(m.iovLen)*sizeofIovec)
	if errno := e.read(n, m.iov, iovecs); errno != 0 {
		return nil, fail(errno)
	}
	if d.spans, d.size, ok = decodeIovecs(iovecs); !ok {
		d.size = maxDatagram + 1
	}
	return d, verdict{}
}

// aimed says whether an address is a resolver's.
func (e *Emulator) aimed(to address) bool {
	return to.inet.IsValid() && to.inet.Port() == dnsPort
}

// send decides and carries out one message with an address.
func (e *Emulator) send(n sys.Notification, d datagram) verdict {
	switch {
	case d.to.family == unix.AF_UNIX:
		return e.unix(d.call, d.to)
	case !d.to.inet.IsValid():
		return run() // netlink, AF_UNSPEC, and addresses that the kernel refuses
	case !e.aimed(d.to) && e.Local(d.to.inet.Addr()):
		return run()
	}
	s, v, ok := e.take(n)
	if !ok {
		return v
	}
	defer s.close()
	switch {
	case s.domain != unix.AF_INET && s.domain != unix.AF_INET6:
		return run()
	case s.tcp() && d.flags&unix.MSG_FASTOPEN == 0:
		return run() // a connected stream ignores the address
	case !e.aimed(d.to):
		return fail(e.Handler.Refuse(d.call, Destination{Transport: s.transport(), Address: d.to.inet}))
	case s.tcp():
		return e.fastOpen(n, d)
	case d.size > maxDatagram:
		return run() // EMSGSIZE
	}
	return e.sendDatagram(n, &s, d)
}

// fastOpen lets the kernel send to the stub with TCP Fast Open (RFC 7413), which connects the socket too.
func (e *Emulator) fastOpen(n sys.Notification, d datagram) verdict {
	if s, _, ok := e.take(n); ok {
		e.Handler.Connecting(d.call, s.fd)
	}
	return run()
}

func (e *Emulator) sendDatagram(n sys.Notification, s *socket, d datagram) verdict {
	data, control := make([]byte, d.size), make([]byte, d.controlLen)
	if errno := e.readSpans(n, d.spans, data); errno != 0 {
		return fail(errno)
	}
	if d.flags&^modelled == 0 && d.controlLen == 0 && d.size > 0 && s.plain(d.to) && e.Inside(s.fd, n.TID) {
		return e.question(s, d, data)
	}
	if errno := e.read(n, d.control, control); d.controlLen > 0 && errno != 0 {
		return fail(errno)
	}
	return e.perform(s, d, data, control)
}

// question hands the datagram to the handler in place of sending it.
func (e *Emulator) question(s *socket, d datagram, data []byte) verdict {
	local, errno := boundAddr(s)
	if errno != 0 {
		return fail(errno)
	}
	resolver := d.to.inet
	client := e.client(local, resolver.Addr())
	deliver := func(response []byte) {
		// The target may have closed its socket by now, or have a full one: then the response is lost, as on a wire.
		_ = e.Stub.SendFrom(response, resolver, client, loopbackIndex)
	}
	out := e.Handler.Query(Query{Call: d.call, Wire: data, Resolver: resolver, Client: client, Deliver: deliver})
	if out.Errno != 0 {
		return fail(out.Errno)
	}
	v := done(len(data))
	if out.Response != nil {
		v.later(func() { deliver(out.Response) })
	}
	return v
}

// boundAddr returns the socket's local address, bound now if it was not: as the kernel does at the first send.
func boundAddr(s *socket) (netip.AddrPort, unix.Errno) {
	local, errno := sys.LocalAddr(s.fd)
	if errno != 0 || local.Port() != 0 {
		return local, errno
	}
	// EINVAL: another thread's call has bound it meanwhile.
	if errno := sys.BindAny(s.fd, s.domain); errno != 0 && errno != unix.EINVAL {
		return local, errno
	}
	return sys.LocalAddr(s.fd)
}

// perform sends the copied bytes from the target's socket; the stub answers them.
func (e *Emulator) perform(s *socket, d datagram, data, control []byte) verdict {
	if _, errno := boundAddr(s); errno == 0 {
		e.remember(d.call, s)
	}
	sent, errno := sys.Send(s.fd, sys.Message{Name: d.to.scoped(), Data: data, Control: control, Flags: d.flags | unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL})
	switch {
	case errno == unix.EAGAIN && d.flags&unix.MSG_DONTWAIT == 0:
		return run() // the kernel waits for room, or says EAGAIN, as the socket's own flags have it
	case errno != 0:
		return fail(errno)
	}
	return done(sent)
}
