package emulate

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// sendmmsg carries out sendmmsg(2): one message after the other, up to the first that fails, as the kernel does.
func (e *Emulator) sendmmsg(n sys.Notification) verdict {
	count := min(int(uint32(n.Args[2])), maxMessages)
	raw := make([]byte, count*sizeofMmsghdr)
	if errno := e.peek(n, n.Args[1], raw); errno != 0 {
		return e.unread(n) // a vector that ends in unmapped memory: the kernel sends what it can read
	}
	headers := make([]msghdr, count)
	named := false
	for i := range headers {
		headers[i] = decodeMsghdr((*[sizeofMsghdr]byte)(raw[i*sizeofMmsghdr:]))
		length, ok := headers[i].addressLen()
		named = named || !ok || length > 0
	}
	if !named {
		return run()
	}
	to, outward, errno := e.outward(n, headers)
	switch {
	case errno != 0:
		return e.unread(n)
	case !outward:
		return run()
	}
	c := e.call(n, "sendmmsg")
	s, v, ok := e.take(n)
	if !ok {
		return e.unseenEach(n, c, headers, v)
	}
	network, errno := e.Handler.Network(c, s.fd, Destination{Transport: s.transport(), Address: to.inet})
	s.close()
	if network == nil && errno == 0 {
		return run() // the calls on this socket are all let run
	}
	return e.sendEach(n, headers)
}

// unread lets the kernel send messages of which it may be able to read more than we are (memfd_secret(2)), if there is no way out but
// by a wall whatever they say.
func (e *Emulator) unread(n sys.Notification) verdict {
	s, v, ok := e.take(n)
	there := Destination{Transport: unknownTransport, Address: netip.AddrPortFrom(netip.IPv4Unspecified(), dnsPort)}
	switch {
	case !ok && !v.run:
		return v
	case !ok:
		s.fd = NoSocket
	case !s.internet():
		s.close()
		return run()
	default:
		defer s.close()
		there.Transport = s.transport()
	}
	network, errno := e.Handler.Network(e.call(n, "sendmmsg"), s.fd, there)
	switch {
	case errno != 0:
		return fail(errno)
	case network != nil && network.Open:
		return fail(unix.EFAULT) // broadcasts would pass the wall
	}
	return run()
}

// outward is the address of a message that is for a resolver, or else of one for anybody outside. False: all are for the namespace
// itself, and the kernel can have the call. An errno: not all can be told.
func (e *Emulator) outward(n sys.Notification, headers []msghdr) (outside address, found bool, errno unix.Errno) {
	for _, m := range headers {
		length, ok := m.addressLen()
		if !ok || length < 2 {
			continue
		}
		var to address
		to, errno = e.readName(n, m.name, length)
		switch {
		case errno != 0:
			return outside, found, errno
		case e.aimed(to):
			return to, true, 0
		case to.inet.IsValid() && !found && !e.Local(to.inet.Addr()):
			outside, found = to, true
		}
	}
	return outside, found, 0
}

// What one sendmmsg may hold until it returns. A count of less than was asked for is what the kernel gives at a full buffer.
const (
	maxHandled = 16       // messages
	maxHeld    = 64 << 10 // bytes of responses
)

func (e *Emulator) sendEach(n sys.Notification, headers []msghdr) verdict {
	memory, errno := e.memory(n)
	if errno != 0 {
		return fail(errno)
	}
	defer memory.Close()
	all := verdict{}
	for i, m := range headers {
		v := e.sendOne(n, m)
		if !v.run && !v.failed() {
			v = count(memory, n.Args[1]+uint64(i*sizeofMmsghdr+sizeofMsghdr), v)
		}
		if v.run || v.failed() {
			if i == 0 {
				return v // nothing is done yet: the kernel may do all of it, or the call fails
			}
			return all // the caller hears how many were taken, and comes again with the rest
		}
		all.value++
		all.join(v)
		if all.value == maxHandled || all.held >= maxHeld {
			break
		}
	}
	return all
}

// count writes how many bytes a message took to where its header ends.
func count(memory io.WriterAt, at uint64, v verdict) verdict {
	sent := binary.NativeEndian.AppendUint32(nil, uint32(v.value))
	if _, err := memory.WriteAt(sent, sys.Offset(at)); err != nil {
		return fail(unix.EFAULT)
	}
	return v
}

// memory opens the target's memory for writing. Unlike a thread id, the open file cannot come to mean another
// process.
func (e *Emulator) memory(n sys.Notification) (*os.File, unix.Errno) {
	memory, err := sys.OpenMemory(n.TID)
	if err != nil {
		return nil, e.errnoOf(err)
	}
	if !e.Listener.Valid(n.ID) {
		return nil, e.errnoOf(errors.Join(unix.ENOENT, memory.Close()))
	}
	return memory, 0
}

// sendOne carries out one of several messages. The kernel cannot be given one message of the call: what it would have run
// is sent on the target's behalf.
func (e *Emulator) sendOne(n sys.Notification, m msghdr) verdict {
	d, v := e.message(n, e.call(n, "sendmmsg"), m, int(int32(n.Args[3]))&^unix.MSG_BATCH)
	if d == nil {
		return v
	}
	v = e.send(n, *d)
	if v.run && (len(d.to.raw) == 0 || d.to.inet.IsValid()) {
		return e.relay(n, *d)
	}
	return v
}

// relay sends a datagram that is not for a resolver: to the namespace itself, or to the socket's peer.
func (e *Emulator) relay(n sys.Notification, d datagram) verdict {
	s, v, ok := e.take(n)
	if !ok {
		return v
	}
	defer s.close()
	if !s.udp() || d.control || d.to.assumed || e.aimed(d.to) {
		return run()
	}
	if errno := e.gather(n, &d); errno != 0 {
		return fail(errno)
	}
	if d.size > maxDatagram {
		return fail(unix.EMSGSIZE)
	}
	data := make([]byte, d.size)
	if errno := e.readSpans(n, d.spans, data); errno != 0 {
		return fail(errno)
	}
	return e.perform(nil, &s, d, data)
}
