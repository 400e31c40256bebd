package sys

import (
	"net/netip"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is a struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	length uint32
	_      [4]byte
}

// place is where the kernel puts a datagram, and what it says of it beside its data.
type place struct {
	name    [MaxSockaddr]byte
	control [256]byte
	iov     unix.Iovec
	data    []byte
}

// inbox has places for the datagrams of one call. It is kept for the next one, and lies on the heap: what its headers point to stays where it is.
type inbox struct {
	places  []place
	headers []mmsghdr
}

// maxDatagram is the most data of a datagram over IPv4 or IPv6, without jumbograms.
const maxDatagram = 65535

// newInbox makes one of n places.
func newInbox(n int) *inbox {
	i := &inbox{places: make([]place, n), headers: make([]mmsghdr, n)}
	for k := range i.places {
		p := &i.places[k]
		p.data = make([]byte, maxDatagram)
		p.iov.Base = unsafe.SliceData(p.data)
		p.iov.SetLen(len(p.data))
	}
	return i
}

// receive receives as many datagrams as there are and have a place; where there is none it waits for one, unless a flag says that it does not.
func (i *inbox) receive(fd, flags int) (int, unix.Errno) {
	for k := range i.headers {
		p, h := &i.places[k], &i.headers[k].header
		*h = unix.Msghdr{Name: &p.name[0], Namelen: uint32(len(p.name)), Iov: &p.iov, Iovlen: 1, Control: &p.control[0]}
		h.SetControllen(len(p.control))
	}
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(i.headers))), uintptr(len(i.headers)), uintptr(flags|unix.MSG_WAITFORONE), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// at is what came to a place: the data, the sender's address, and control messages.
func (i *inbox) at(k int) (data, name, control []byte) {
	p, h := &i.places[k], &i.headers[k]
	return p.data[:h.length], p.name[:min(int(h.header.Namelen), len(p.name))], p.control[:min(int(h.header.Controllen), len(p.control))]
}

// letter is a message as the kernel is told of it. It is kept for another one, and lies on the heap, as what it points to does.
type letter struct {
	name    [unix.SizeofSockaddrInet6]byte
	control [maxPktinfo]byte
	iov     unix.Iovec
}

// header is the message's, and points to it and to the letter.
func (l *letter) header(m Message) unix.Msghdr {
	l.iov = unix.Iovec{Base: first(m.Data), Len: uint64(len(m.Data))}
	return unix.Msghdr{Name: first(m.Name), Namelen: uint32(len(m.Name)), Iov: &l.iov, Iovlen: 1, Control: first(m.Control), Controllen: uint64(len(m.Control))}
}

// envelope is one letter with its header.
type envelope struct {
	letter
	header unix.Msghdr
}

// send sends a message with sendmsg(2) and returns how many bytes the socket took.
func (e *envelope) send(fd int, m Message) (int, unix.Errno) {
	e.header = e.letter.header(m)
	n, _, errno := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&e.header)), uintptr(m.Flags))
	e.iov, e.header = unix.Iovec{}, unix.Msghdr{} // the message is no more than the caller's
	return int(n), errno
}

var envelopes = sync.Pool{New: func() any { return new(envelope) }}

// Outbox has datagrams of a stub that one call sends. One goroutine at a time uses it.
type Outbox struct {
	stub    *Stub
	letters []letter
	headers []mmsghdr
	rooms   [][roomSize]byte
	n       int
}

// roomSize is of most answers the most, in bytes.
const roomSize = 512

// NewOutbox makes one for as many datagrams as one call receives.
func (s *Stub) NewOutbox() *Outbox {
	return &Outbox{stub: s, letters: make([]letter, s.AtOnce()), headers: make([]mmsghdr, s.AtOnce()), rooms: make([][roomSize]byte, s.AtOnce())}
}

// Room is where the data of the next datagram may be.
func (o *Outbox) Room() []byte { return o.rooms[o.n][:0] }

// Add has a datagram sent with the others, at once if the box is full: to a local client from the address it asked. What it fails with is lost, as the datagram
// is. The interface is as of [Stub.SendFrom]. The data are not changed until they are sent.
func (o *Outbox) Add(data []byte, from, to netip.AddrPort, ifindex int) {
	l := &o.letters[o.n]
	o.headers[o.n].header = l.header(o.stub.message(l, data, from, to, ifindex))
	if o.n++; o.n == len(o.letters) {
		o.Send()
	}
}

// Send sends what is in the box. It never blocks.
func (o *Outbox) Send() {
	s := o.stub
	s.sending.RLock()
	defer s.sending.RUnlock()
	for left := o.headers[:o.n]; len(left) > 0 && !s.gone; {
		sent, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(left))), uintptr(len(left)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno != 0 {
			sent = 1 // which fails: the kernel tells of the first alone, and of a later one how many went before it
		}
		left = left[sent:]
	}
	o.n = 0
}

func first(b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	return unsafe.SliceData(b)
}
