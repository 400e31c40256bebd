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
	e := envelopes.Get().(*envelope)
	defer envelopes.Put(e)
	return e.send(fd, m)
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
	if !netnsCookie.there() {
		return 0, unix.ENOPROTOOPT
	}
	return networkCookie(fd)
}

func networkCookie(fd int) (uint64, unix.Errno) {
	const soNetnsCookie = 71 // asm-generic/socket.h
	var cookie uint64
	length := uint32(8)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, soNetnsCookie, uintptr(unsafe.Pointer(&cookie)), uintptr(unsafe.Pointer(&length)), 0)
	return cookie, errno
}
