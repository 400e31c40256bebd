package sys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// BindTransparent binds a socket of the given family to the wildcard address, IPv4 included, so that it receives
// for every address that is routed to it, is told which (IP_PKTINFO) and may answer from it (IP_TRANSPARENT,
// Linux 2.6.24; needs CAP_NET_ADMIN over the owner of the socket's network namespace).
func BindTransparent(f *os.File, family, port int) error {
	return control(f, func(fd int) error { return bindTransparent(fd, family, port) })
}

func bindTransparent(fd, family, port int) error {
	options := [][3]int{
		{unix.IPPROTO_IP, unix.IP_TRANSPARENT, 1}, // for the v4-mapped destinations of an IPv6 socket too
	}
	var addr unix.Sockaddr = &unix.SockaddrInet4{Port: port}
	if family == unix.AF_INET6 {
		addr = &unix.SockaddrInet6{Port: port}
		options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0}, [3]int{unix.IPPROTO_IPV6, unix.IPV6_TRANSPARENT, 1})
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return fmt.Errorf("SO_TYPE: %w", err)
	}
	if kind == unix.SOCK_DGRAM {
		options = append(options, [3]int{unix.IPPROTO_IP, unix.IP_PKTINFO, 1})
		if family == unix.AF_INET6 {
			options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1})
		}
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			return fmt.Errorf("socket option %d of level %d: %w", o[1], o[0], err)
		}
	}
	if err := unix.Bind(fd, addr); err != nil {
		return fmt.Errorf("bind port %d: %w", port, err)
	}
	return nil
}

// Listen turns a bound TCP socket into a listener; it works on a duplicate.
func Listen(f *os.File) (net.Listener, error) {
	if err := control(f, func(fd int) error { return unix.Listen(fd, unix.SOMAXCONN) }); err != nil {
		return nil, err
	}
	return net.FileListener(f)
}

// control runs f on a descriptor without taking it away from the network poller, as File.Fd would.
func control(c syscall.Conn, f func(fd int) error) error {
	conn, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var ferr error
	err = conn.Control(func(fd uintptr) { ferr = f(int(fd)) })
	return errors.Join(err, ferr)
}

// NetlinkErrors reads a datagram of netlink acknowledgements: the first errno in them, and how many there are.
func NetlinkErrors(b []byte) (unix.Errno, int, error) {
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return 0, 0, fmt.Errorf("netlink: %w", err)
	}
	count := 0
	for _, m := range messages {
		if m.Header.Type != unix.NLMSG_ERROR || len(m.Data) < 4 {
			continue
		}
		count++
		if errno := int32(binary.NativeEndian.Uint32(m.Data)); errno != 0 {
			return unix.Errno(-errno), count, nil
		}
	}
	return 0, count, nil
}
