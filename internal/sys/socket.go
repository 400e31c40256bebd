package sys

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxSockaddr is the size of struct sockaddr_storage: the kernel refuses a longer address.
const MaxSockaddr = 128

// Connect connects a socket to an address as it lies in memory; connect(2).
func Connect(fd int, addr []byte) unix.Errno {
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), bytesPtr(addr), uintptr(len(addr)))
	runtime.KeepAlive(addr)
	return errno
}

// Message is a datagram or a stretch of a stream to send on a target's behalf.
type Message struct {
	Name    []byte // address as it lies in memory; none if empty
	Data    []byte
	Control []byte // control messages as they lie in memory; none if empty
	Flags   int
}

// Send sends a message with sendmsg(2) and returns how many bytes the socket took.
func Send(fd int, m Message) (int, unix.Errno) {
	var pin runtime.Pinner
	defer pin.Unpin()
	iov := unix.Iovec{Base: pinned(&pin, m.Data), Len: uint64(len(m.Data))}
	header := unix.Msghdr{Name: pinned(&pin, m.Name), Namelen: uint32(len(m.Name)), Iov: &iov, Iovlen: 1, Control: pinned(&pin, m.Control), Controllen: uint64(len(m.Control))}
	pin.Pin(&iov)
	n, _, errno := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&header)), uintptr(m.Flags))
	return int(n), errno
}

func pinned(pin *runtime.Pinner, b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	p := unsafe.SliceData(b)
	pin.Pin(p)
	return p
}

func bytesPtr(b []byte) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// BindAny binds an unbound internet socket to a port of the kernel's choice on the wildcard address, as the kernel
// itself does at the first send.
func BindAny(fd int, family int) unix.Errno {
	addr := make([]byte, 28)
	binary.NativeEndian.PutUint16(addr, uint16(family))
	if family == unix.AF_INET {
		addr = addr[:16]
	}
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), bytesPtr(addr), uintptr(len(addr)))
	runtime.KeepAlive(addr)
	return errno
}

// LocalAddr returns the address that an internet socket is bound to; the port is 0 where it is unbound.
func LocalAddr(fd int) (netip.AddrPort, unix.Errno) {
	var buf [MaxSockaddr]byte
	length := uint32(len(buf))
	_, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&buf)), uintptr(unsafe.Pointer(&length)))
	if errno != 0 {
		return netip.AddrPort{}, errno
	}
	addr, ok := ParseInet(buf[:min(int(length), len(buf))])
	if !ok {
		return netip.AddrPort{}, unix.EAFNOSUPPORT
	}
	return addr, 0
}

// Connected says whether a socket has a peer.
func Connected(fd int) bool {
	var buf [MaxSockaddr]byte
	length := uint32(len(buf))
	_, _, errno := unix.Syscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(unsafe.Pointer(&buf)), uintptr(unsafe.Pointer(&length)))
	return errno != unix.ENOTCONN
}

// ParseInet reads a sockaddr_in or sockaddr_in6 as it lies in memory. The zone of a scoped IPv6 address is left
// out. It reports false for every other family and for one that is too short (RFC 3493 section 3.3).
func ParseInet(b []byte) (netip.AddrPort, bool) {
	if len(b) < 2 {
		return netip.AddrPort{}, false
	}
	family := binary.NativeEndian.Uint16(b)
	switch {
	case family == unix.AF_INET && len(b) >= 16:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])), true
	case family == unix.AF_INET6 && len(b) >= 24: // SIN6_LEN_RFC2133: the scope id may be missing
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), binary.BigEndian.Uint16(b[2:])), true
	}
	return netip.AddrPort{}, false
}

// Option reads an integer socket option.
func Option(fd, level, name int) (int, unix.Errno) {
	var value int32
	length := uint32(4)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&length)), 0)
	return int(value), errno
}

// NetworkCookie returns a number that stands for a socket's network namespace and no other; SO_NETNS_COOKIE, Linux 5.14.
// Older kernels say unix.ENOPROTOOPT.
func NetworkCookie(fd int) (uint64, unix.Errno) {
	const soNetnsCookie = 71 // asm-generic/socket.h
	var cookie uint64
	length := uint32(8)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, soNetnsCookie, uintptr(unsafe.Pointer(&cookie)), uintptr(unsafe.Pointer(&length)), 0)
	return cookie, errno
}

// Stub is a UDP socket that answers from whatever address a client asked: it is transparent (IP_TRANSPARENT) and
// tells and takes the local address in control messages (RFC 3542 section 6).
type Stub struct {
	FD     int
	Family int // AF_INET6 (dual stack) or AF_INET
}

// SendFrom sends a datagram to a local client from the address it asked. It never blocks.
func (s Stub) SendFrom(data []byte, from, to netip.AddrPort, ifindex int) unix.Errno {
	name, control := make([]byte, 0, 28), make([]byte, 0, 40)
	if s.Family == unix.AF_INET {
		name = appendInet4(name, to)
		control = appendPktinfo4(control, from.Addr())
	} else {
		name = appendInet6(name, to, ifindex)
		control = appendPktinfo6(control, from.Addr(), ifindex)
	}
	_, errno := Send(s.FD, Message{Name: name, Data: data, Control: control, Flags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL})
	return errno
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

func appendPktinfo4(b []byte, from netip.Addr) []byte {
	b = appendCmsghdr(b, unix.SizeofInet4Pktinfo, unix.IPPROTO_IP, unix.IP_PKTINFO)
	ip := from.Unmap().As4()
	b = append(b, 0, 0, 0, 0) // interface: the route's
	b = append(b, ip[:]...)   // source
	return append(b, make([]byte, 4+unix.CmsgSpace(12)-unix.CmsgLen(12))...)
}

func appendPktinfo6(b []byte, from netip.Addr, ifindex int) []byte {
	b = appendCmsghdr(b, unix.SizeofInet6Pktinfo, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO)
	ip := from.As16()
	b = append(b, ip[:]...)
	if !from.IsLinkLocalUnicast() || from.Is4() || from.Is4In6() {
		ifindex = 0
	}
	b = binary.NativeEndian.AppendUint32(b, uint32(ifindex))
	return append(b, make([]byte, unix.CmsgSpace(20)-unix.CmsgLen(20))...)
}

func appendCmsghdr(b []byte, data, level, kind int) []byte {
	b = binary.NativeEndian.AppendUint64(b, uint64(unix.CmsgLen(data)))
	b = binary.NativeEndian.AppendUint32(b, uint32(level))
	return binary.NativeEndian.AppendUint32(b, uint32(kind))
}

// Destination finds, in the control messages of a received datagram, the address that it was sent to.
func Destination(control []byte) (netip.Addr, bool) {
	parts, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return netip.Addr{}, false
	}
	for _, p := range parts {
		switch {
		case p.Header.Level == unix.IPPROTO_IPV6 && p.Header.Type == unix.IPV6_PKTINFO && len(p.Data) >= 16:
			return netip.AddrFrom16([16]byte(p.Data[:16])).Unmap(), true
		case p.Header.Level == unix.IPPROTO_IP && p.Header.Type == unix.IP_PKTINFO && len(p.Data) >= 12:
			return netip.AddrFrom4([4]byte(p.Data[8:12])), true
		}
	}
	return netip.Addr{}, false
}
