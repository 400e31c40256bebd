package emulate

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Sizes of the structures as they lie in the memory of a 64-bit target.
const (
	sizeofMsghdr  = 56 // struct user_msghdr
	sizeofMmsghdr = 64 // struct mmsghdr: the header, the count of bytes sent, padding
	sizeofIovec   = 16
	maxIovecs     = 1024 // UIO_MAXIOV
	maxMessages   = 1024 // the kernel's cap on sendmmsg
	maxDatagram   = 65535
)

// msghdr is struct user_msghdr.
type msghdr struct {
	name       uint64
	nameLen    int32
	iov        uint64
	iovLen     uint64
	control    uint64
	controlLen uint64
}

func decodeMsghdr(b *[sizeofMsghdr]byte) msghdr {
	return msghdr{
		name:       binary.NativeEndian.Uint64(b[0:]),
		nameLen:    int32(binary.NativeEndian.Uint32(b[8:])),
		iov:        binary.NativeEndian.Uint64(b[16:]),
		iovLen:     binary.NativeEndian.Uint64(b[24:]),
		control:    binary.NativeEndian.Uint64(b[32:]),
		controlLen: binary.NativeEndian.Uint64(b[40:]),
	}
}

// addressLen is how many bytes of a message's name the kernel reads: none without a pointer, at most a
// sockaddr_storage; false where it refuses (copy_msghdr_from_user in net/socket.c).
func (m msghdr) addressLen() (int, bool) {
	switch {
	case m.nameLen < 0:
		return 0, false
	case m.name == 0:
		return 0, true
	}
	return min(int(m.nameLen), sys.MaxSockaddr), true
}

// decodeIovecs turns an array of struct iovec into spans. It reports false where the kernel would refuse (a length
// below zero) or where the total is more than one datagram can carry.
func decodeIovecs(b []byte) ([]sys.Span, int, bool) {
	spans := make([]sys.Span, 0, len(b)/sizeofIovec)
	total := 0
	for ; len(b) >= sizeofIovec; b = b[sizeofIovec:] {
		length := binary.NativeEndian.Uint64(b[8:])
		if length > maxDatagram || total+int(length) > maxDatagram {
			return nil, 0, false
		}
		if length == 0 {
			continue
		}
		total += int(length)
		spans = append(spans, sys.Span{Base: binary.NativeEndian.Uint64(b), Len: int(length)})
	}
	return spans, total, true
}

// address is a socket address as a target passed it.
type address struct {
	raw     []byte
	family  uint16         // AF_UNSPEC (0) too where raw is too short to tell
	inet    netip.AddrPort // valid for AF_INET and AF_INET6; a v4-mapped address is unmapped
	mapped  bool           // inet was written as a v4-mapped IPv6 address
	assumed bool           // inet was written without a family
}

// ofSend is the address as a send takes it: of AF_UNSPEC, it is one of AF_INET to a socket of that (udp_sendmsg in net/ipv4/udp.c).
func (a address) ofSend() address {
	if a.family != unix.AF_UNSPEC || len(a.raw) < unix.SizeofSockaddrInet4 {
		return a
	}
	raw := append([]byte(nil), a.raw...)
	binary.NativeEndian.PutUint16(raw, unix.AF_INET)
	a = decodeAddress(raw)
	a.assumed = true
	return a
}

func decodeAddress(raw []byte) address {
	a := address{raw: raw}
	if len(raw) < 2 {
		return a
	}
	a.family = binary.NativeEndian.Uint16(raw)
	if inet, ok := sys.ParseInet(raw); ok {
		a.mapped = inet.Addr().Is4In6()
		a.inet = netip.AddrPortFrom(inet.Addr().Unmap(), inet.Port())
	}
	return a
}

// path returns the path of an AF_UNIX address; "" for an abstract or unnamed one.
func (a address) path() string {
	if a.family != unix.AF_UNIX || len(a.raw) <= 2 || a.raw[2] == 0 {
		return ""
	}
	path, _, _ := bytes.Cut(a.raw[2:], []byte{0})
	return string(path)
}
