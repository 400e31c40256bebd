package sys

import (
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

// outbox is what the kernel is told of a datagram. It is kept for another one, and lies on the heap, as what it points to does.
type outbox struct {
	name    [unix.SizeofSockaddrInet6]byte
	control [maxPktinfo]byte
	iov     unix.Iovec
	header  unix.Msghdr
}

var outboxes = sync.Pool{New: func() any { return new(outbox) }}

// send sends a message with sendmsg(2) and returns how many bytes the socket took.
func (o *outbox) send(fd int, m Message) (int, unix.Errno) {
	o.iov = unix.Iovec{Base: first(m.Data), Len: uint64(len(m.Data))}
	o.header = unix.Msghdr{Name: first(m.Name), Namelen: uint32(len(m.Name)), Iov: &o.iov, Iovlen: 1, Control: first(m.Control), Controllen: uint64(len(m.Control))}
	n, _, errno := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&o.header)), uintptr(m.Flags))
	o.iov, o.header = unix.Iovec{}, unix.Msghdr{} // the message is no more than the caller's
	return int(n), errno
}

func first(b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	return unsafe.SliceData(b)
}
