package emulate

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// socket is a duplicate of a target's socket: the same open file description, so nothing that shows in the target
// (O_NONBLOCK, time-outs) is ever changed on it.
type socket struct {
	fd                     int
	domain, kind, protocol int
}

// look reads what kind of socket it is; unix.ENOTSOCK where it is none.
func (s *socket) look() unix.Errno {
	var errno unix.Errno
	if s.domain, errno = sys.Option(s.fd, unix.SOL_SOCKET, unix.SO_DOMAIN); errno != 0 {
		return errno
	}
	if s.kind, errno = sys.Option(s.fd, unix.SOL_SOCKET, unix.SO_TYPE); errno != 0 {
		return errno
	}
	s.protocol, errno = sys.Option(s.fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return errno
}

func (s *socket) close() {
	_ = unix.Close(s.fd) // a duplicate that only we hold: nothing is lost
}

func (s *socket) udp() bool { return s.protocol == unix.IPPROTO_UDP }
func (s *socket) tcp() bool { return s.protocol == unix.IPPROTO_TCP }

func (s *socket) transport() string {
	switch s.protocol {
	case unix.IPPROTO_UDP:
		return "udp"
	case unix.IPPROTO_TCP:
		return "tcp"
	case unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		return "icmp"
	}
	return strconv.Itoa(s.protocol)
}

// UDP socket options that change what one send means; include/uapi/linux/udp.h.
const (
	udpCork    = 1
	udpSegment = 103
)

// plain says whether a datagram to this address is one packet, sent now, that leaves no trace but its answer: the
// socket is of the address's family, not connected (a peer has errors to report, and may be shut down), not corked, has
// nothing waiting, does not split, and wants no time stamps.
func (s *socket) plain(to address) bool {
	if !s.udp() || int(to.family) != s.domain || sys.Connected(s.fd) {
		return false
	}
	if to.mapped && !s.unset(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) {
		return false
	}
	if !s.unset(unix.IPPROTO_UDP, udpCork) || !s.unset(unix.IPPROTO_UDP, udpSegment) || !s.unset(unix.SOL_SOCKET, unix.SO_TIMESTAMPING) {
		return false
	}
	// What a send with MSG_MORE left waiting is counted as unsent.
	unsent, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	return err == nil && unsent == 0
}

func (s *socket) unset(level, name int) bool {
	value, errno := sys.Option(s.fd, level, name)
	return errno == 0 && value == 0
}
