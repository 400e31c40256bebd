package emulate

import "github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"

// NoSocket stands for the socket of a call of which no duplicate can be had on this kernel: what can be told of the calling thread
// is all that is known.
const NoSocket = -1

// unseen decides about a call to an address on such a socket. It is out of our reach, not out of the wall's: what is for a resolver runs
// where the thread's network namespace has a wall, and fails elsewhere; what is for others runs into the lack of a route. v is
// take's verdict.
func (e *Emulator) unseen(c Call, to address, v verdict) verdict {
	if !v.run || !e.aimed(to) {
		return v
	}
	there := Destination{Transport: unknownTransport, Address: to.inet}
	network, errno := e.Handler.Network(c, NoSocket, there)
	switch {
	case errno != 0:
		return fail(errno)
	case network != nil && network.spreads(to):
		return fail(e.Handler.Refuse(c, there))
	}
	return run()
}

// unknownTransport is that of a socket which was not looked at.
const unknownTransport = "unknown"

// unseenEach is unseen for a sendmmsg: the kernel gets all of its messages, or none.
func (e *Emulator) unseenEach(n sys.Notification, c Call, headers []msghdr, v verdict) verdict {
	for _, m := range headers {
		length, ok := m.addressLen()
		if !ok || length < 2 {
			continue
		}
		to, errno := e.readName(n, m.name, length)
		if errno != 0 {
			return e.unread(n)
		}
		if v := e.unseen(c, to, v); !v.run {
			return v
		}
	}
	return run()
}
