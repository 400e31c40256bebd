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
	for name, value := range map[int]*int{unix.SO_DOMAIN: &s.domain, unix.SO_TYPE: &s.kind, unix.SO_PROTOCOL: &s.protocol} {
		got, errno := sys.Option(s.fd, unix.SOL_SOCKET, name)
		if errno != 0 {
			return errno
		}
		*value = got
	}
	return 0
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

// plain says whether a datagram to this address is one packet, sent now: the socket is of the address's family,
// not corked, has nothing waiting, and does not split.
func (s *socket) plain(to address) bool {
	if !s.udp() || int(to.family) != s.domain {
		return false
	}
	if to.mapped {
		if only, errno := sys.Option(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); errno != 0 || only != 0 {
			return false
		}
	}
	for _, name := range []int{udpCork, udpSegment} {
		if value, errno := sys.Option(s.fd, unix.IPPROTO_UDP, name); errno != 0 || value != 0 {
			return false
		}
	}
	// What a send with MSG_MORE left waiting is counted as unsent.
	unsent, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	return err == nil && unsent == 0
}
