package emulate

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// socket is a duplicate of a target's socket: the same open file description, so nothing that shows in the target
// (O_NONBLOCK, time-outs) is ever changed on it.
type socket struct {
	fd               int
	domain, protocol int
}

// look reads what kind of socket it is; unix.ENOTSOCK where it is none.
func (s *socket) look() unix.Errno {
	var errno unix.Errno
	if s.domain, errno = sys.Option(s.fd, unix.SOL_SOCKET, unix.SO_DOMAIN); errno != 0 {
		return errno
	}
	s.protocol, errno = sys.Option(s.fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return errno
}

// close closes the duplicate. Where the target has closed its own meanwhile, this is the end of the socket, and may linger as
// long as the target chose (SO_LINGER, socket(7)): nobody waits for that.
func (s *socket) close() {
	if s.internet() && s.udp() {
		_ = unix.Close(s.fd) // nothing is lost
		return
	}
	if linger, err := unix.GetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER); err == nil && linger.Onoff == 0 {
		_ = unix.Close(s.fd)
		return
	}
	go unix.Close(s.fd)
}

func (s *socket) udp() bool { return s.protocol == unix.IPPROTO_UDP }
func (s *socket) tcp() bool {
	return s.protocol == unix.IPPROTO_TCP || s.protocol == unix.IPPROTO_MPTCP
}

// datagrams says whether each of its sends may go to a port of its own: UDP and UDP-Lite (RFC 3828).
func (s *socket) datagrams() bool { return s.udp() || s.protocol == unix.IPPROTO_UDPLITE }

// internet says whether the socket has internet addresses. One of AF_SMC has a TCP connection of the kernel's own (net/smc/af_smc.c).
func (s *socket) internet() bool {
	return s.domain == unix.AF_INET || s.domain == unix.AF_INET6 || s.domain == unix.AF_SMC
}

// reaches says whether the kernel takes an address of its family for this socket.
func (s *socket) reaches(to address) bool {
	return s.internet() && (to.family == unix.AF_INET || s.domain != unix.AF_INET) && (s.domain == unix.AF_INET || !to.assumed)
}

func (s *socket) transport() string {
	switch s.protocol {
	case unix.IPPROTO_UDP:
		return "udp"
	case unix.IPPROTO_TCP, unix.IPPROTO_MPTCP:
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
	if !s.unset(unix.IPPROTO_UDP, udpCork) || !s.unset(unix.IPPROTO_UDP, udpSegment) || !s.unset(unix.SOL_SOCKET, unix.SO_TIMESTAMPING) || !s.unset(unix.IPPROTO_IP, unix.IP_RECVERR) || s.domain == unix.AF_INET6 && !s.unset(unix.IPPROTO_IPV6, unix.IPV6_RECVERR) {
		return false
	}
	// What a send with MSG_MORE left waiting is counted as unsent.
	// A response by way of lo does not reach a socket that is bound to another interface.
	if device, errno := sys.Option(s.fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX); errno == 0 && device > loopbackIndex {
		return false
	}
	unsent, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	return err == nil && unsent == 0
}

func (s *socket) unset(level, name int) bool {
	value, errno := sys.Option(s.fd, level, name)
	return errno == 0 && value == 0
}
