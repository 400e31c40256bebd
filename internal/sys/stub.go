package sys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Stub is a UDP socket that answers from whatever address a client asked: it is transparent (IP_TRANSPARENT) and
// tells and takes the local address in control messages (RFC 3542 section 6).
type Stub struct {
	fd     int
	family int // AF_INET6 (dual stack) or AF_INET
	closed atomic.Bool
	polled *os.File // waits in the network poller, and not in a thread; nil: in a thread

	in   *inbox
	came []Datagram // of it

	sending sync.RWMutex // held by who sends; a closed descriptor's number may be another's
	gone    bool
}

// atOnce is how many datagrams one call receives, at the most; of a polled stub it is one.
const atOnce = 8

// NewPolledStub makes a stub that waits without a thread of its own, for namespaces of which there may be many.
func NewPolledStub(f *os.File, family int) (*Stub, error) {
	s := &Stub{family: family, in: newInbox(1)}
	return s, control(f, func(fd int) error {
		var err error
		if s.fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			s.polled = os.NewFile(uintptr(s.fd), "stub")
		}
		return err
	})
}

// stubBuffer is how much of the kernel's memory a stub's queue may take, in bytes; the kernel doubles it for its own overhead.
const stubBuffer = 4 << 20

// NewStub makes a stub of a bound socket; it works on a duplicate.
func NewStub(f *os.File, family int) (*Stub, error) {
	s := &Stub{family: family, in: newInbox(atOnce)}
	return s, control(f, func(fd int) error {
		// What is sent while no processor is ours waits there: up to some ten thousand questions if we are root, else what net.core.rmem_max
		// allows, some hundred.
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, stubBuffer) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, stubBuffer)
		}
		var err error
		if s.fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			return err
		}
		return unix.SetNonblock(s.fd, false)
	})
}

// Inspect runs f on the stub's descriptor, which f must leave as it is.
func (s *Stub) Inspect(f func(fd int) error) error { return f(s.fd) }

// Waits is the descriptor that Receive waits for in a thread; false: it waits in the network poller.
func (s *Stub) Waits() (fd int, ok bool) { return s.fd, s.polled == nil }

// Datagram is one that the stub received.
type Datagram struct {
	Data []byte
	From netip.AddrPort // unmapped, without a zone
	To   netip.Addr     // unmapped
	// Index is of the interface that it was meant for: lo, or the one that the sender was bound to.
	Index int
}

// Receive waits for datagrams, and returns those that are there, at most AtOnce; they and their data lie in the stub until the next call.
// net.ErrClosed: the stub was shut down. Every other error is of one datagram alone. One goroutine at a time receives.
func (s *Stub) Receive() ([]Datagram, error) {
	if s.polled == nil {
		return s.decode(s.in.receive(s.fd, 0))
	}
	conn, err := s.polled.SyscallConn()
	if err != nil {
		return nil, net.ErrClosed
	}
	var n int
	var errno unix.Errno
	err = conn.Read(func(fd uintptr) bool {
		n, errno = s.in.receive(int(fd), unix.MSG_DONTWAIT)
		return errno != unix.EAGAIN
	})
	if err != nil && errno == 0 {
		errno = unix.EAGAIN // the time is up: it is shut down
	}
	return s.decode(n, errno)
}

// AtOnce is how many datagrams one call receives, at the most.
func (s *Stub) AtOnce() int { return len(s.in.places) }

// ReceiveNow is Receive where there is a datagram already; else unix.EAGAIN.
func (s *Stub) ReceiveNow() ([]Datagram, error) {
	return s.decode(s.in.receive(s.fd, unix.MSG_DONTWAIT))
}

func (s *Stub) decode(n int, errno unix.Errno) ([]Datagram, error) {
	switch {
	case s.closed.Load():
		return nil, net.ErrClosed
	case errno == unix.EAGAIN: // the usual end of what is there, and not worth a text
		return nil, errno
	case errno != 0:
		return nil, fmt.Errorf("receive a datagram: %w", errno)
	}
	s.came = s.came[:0]
	for k := range n {
		data, name, control := s.in.at(k)
		from, ok := ParseInet(name)
		to, index, told := destination(control)
		if ok && told {
			s.came = append(s.came, Datagram{Data: data, From: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), To: to, Index: index})
		}
	}
	return s.came, nil
}

// ShutDown ends Receive, now and for good.
func (s *Stub) ShutDown() error {
	s.closed.Store(true)
	if s.polled != nil {
		return s.polled.SetReadDeadline(time.Now())
	}
	// Of a socket without a peer the kernel says ENOTCONN, and wakes its readers all the same (inet_shutdown in af_inet.c).
	if err := unix.Shutdown(s.fd, unix.SHUT_RD); !errors.Is(err, unix.ENOTCONN) {
		return err
	}
	return nil
}

// Close closes the stub. Nobody may be receiving; SendFrom then gives unix.EBADF.
func (s *Stub) Close() error {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.gone = true
	if s.polled != nil {
		return s.polled.Close()
	}
	return unix.Close(s.fd)
}

// SendFrom sends a datagram to a local client from the address it asked. It never blocks. The interface is lo's, or the one that the
// client is bound to.
func (s *Stub) SendFrom(data []byte, from, to netip.AddrPort, ifindex int) unix.Errno {
	s.sending.RLock()
	defer s.sending.RUnlock()
	if s.gone {
		return unix.EBADF
	}
	e := envelopes.Get().(*envelope)
	defer envelopes.Put(e)
	m := s.message(&e.letter, data, from, to, ifindex)
	m.Flags = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	_, errno := e.send(s.fd, m)
	return errno
}

// message is one to a local client, whose addresses lie in a letter.
func (s *Stub) message(l *letter, data []byte, from, to netip.AddrPort, ifindex int) Message {
	if s.family == unix.AF_INET {
		return Message{Name: appendInet4(l.name[:0], to), Data: data, Control: appendPktinfo4(l.control[:0], from.Addr(), ifindex)}
	}
	return Message{Name: appendInet6(l.name[:0], to, ifindex), Data: data, Control: appendPktinfo6(l.control[:0], from.Addr(), ifindex)}
}

const msgProbe = 0x10 // MSG_PROBE, include/linux/socket.h

// Broadcasts says whether the kernel would broadcast what is sent to an address. It asks without sending (MSG_PROBE), by the error that a
// socket without SO_BROADCAST gets.
func (s *Stub) Broadcasts(to netip.AddrPort) bool {
	s.sending.RLock()
	defer s.sending.RUnlock()
	if s.gone || !to.Addr().Is4() {
		return false
	}
	name := appendInet4(nil, to)
	if s.family == unix.AF_INET6 {
		name = appendInet6(nil, to, 0)
	}
	_, errno := Send(s.fd, Message{Name: name, Flags: unix.MSG_CONFIRM | msgProbe | unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL})
	return errno == unix.EACCES
}

func appendInet4(b []byte, a netip.AddrPort) []byte {
	b = binary.NativeEndian.AppendUint16(b, unix.AF_INET)
	b = binary.BigEndian.AppendUint16(b, a.Port())
	ip := a.Addr().Unmap().As4()
	b = append(b, ip[:]...)
	return append(b, make([]byte, 8)...)
}

func appendInet6(b []byte, a netip.AddrPort, ifindex int) []byte {
	b = binary.NativeEndian.AppendUint16(b, unix.AF_INET6)
	b = binary.BigEndian.AppendUint16(b, a.Port())
	b = append(b, 0, 0, 0, 0)
	ip := a.Addr().As16() // an IPv4 address becomes v4-mapped
	b = append(b, ip[:]...)
	scope := 0
	if a.Addr().IsLinkLocalUnicast() && !a.Addr().Is4In6() && !a.Addr().Is4() {
		scope = ifindex
	}
	return binary.NativeEndian.AppendUint32(b, uint32(scope))
}

// loopbackIndex is lo's, the first interface of every network namespace. Naming it would change nothing but fail for some addresses.
const loopbackIndex = 1

func appendPktinfo4(b []byte, from netip.Addr, ifindex int) []byte {
	if ifindex == loopbackIndex {
		ifindex = 0 // the route's
	}
	b = appendCmsghdr(b, unix.SizeofInet4Pktinfo, unix.IPPROTO_IP, unix.IP_PKTINFO)
	ip := from.Unmap().As4()
	b = binary.NativeEndian.AppendUint32(b, uint32(ifindex))
	b = append(b, ip[:]...) // source
	return append(b, make([]byte, 4+unix.CmsgSpace(12)-unix.CmsgLen(12))...)
}

func appendPktinfo6(b []byte, from netip.Addr, ifindex int) []byte {
	b = appendCmsghdr(b, unix.SizeofInet6Pktinfo, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO)
	ip := from.As16()
	b = append(b, ip[:]...)
	if ifindex == loopbackIndex && (!from.IsLinkLocalUnicast() || from.Is4() || from.Is4In6()) {
		ifindex = 0
	}
	b = binary.NativeEndian.AppendUint32(b, uint32(ifindex))
	return append(b, make([]byte, unix.CmsgSpace(20)-unix.CmsgLen(20))...)
}

// maxPktinfo is the space of the longer of both.
const maxPktinfo = 40

func appendCmsghdr(b []byte, data, level, kind int) []byte {
	b = binary.NativeEndian.AppendUint64(b, uint64(unix.CmsgLen(data)))
	b = binary.NativeEndian.AppendUint32(b, uint32(level))
	return binary.NativeEndian.AppendUint32(b, uint32(kind))
}

// destination finds, in the control messages of a received datagram, the address that it was sent to, and the interface.
func destination(control []byte) (netip.Addr, int, bool) {
	for len(control) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		switch {
		case err != nil:
			return netip.Addr{}, 0, false
		case header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_PKTINFO && len(data) >= 20:
			return netip.AddrFrom16([16]byte(data[:16])).Unmap(), int(binary.NativeEndian.Uint32(data[16:])), true
		case header.Level == unix.IPPROTO_IP && header.Type == unix.IP_PKTINFO && len(data) >= 12:
			return netip.AddrFrom4([4]byte(data[8:12])), int(binary.NativeEndian.Uint32(data)), true
		}
		control = rest
	}
	return netip.Addr{}, 0, false
}
