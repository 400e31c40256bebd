package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// socket is a UDP socket for one question: connected, so that the kernel drops what comes from elsewhere, and from a port that the kernel
// draws. A question takes it half the calls that a net.UDPConn does.
type socket struct {
	fd   int
	file *os.File // in the network poller; nil: nobody has waited there
}

func openSocket(to netip.AddrPort) (*socket, error) {
	family, name := sockaddr(to)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Connect(fd, name); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	return &socket{fd: fd}, nil
}

func sockaddr(a netip.AddrPort) (family int, name unix.Sockaddr) {
	if addr := a.Addr().Unmap(); addr.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: addr.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zoneIndex(a.Addr().Zone())}
}

// zoneIndex is the index of an interface by its name, or by its number as text; 0 for none.
func zoneIndex(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	index, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(index)
}

func (s *socket) send(wire []byte) error {
	_, err := unix.Write(s.fd, wire)
	return os.NewSyscallError("write", err)
}

// receive waits for a datagram until ctx ends, at the post if there is one.
func (s *socket) receive(ctx context.Context, buffer []byte) (n int, err error) {
	end, _ := ctx.Deadline() // every try has one
	for PostOf(ctx).await(s.fd, end) {
		if n, err = s.read(buffer); !errors.Is(err, unix.EAGAIN) { // a datagram with a wrong checksum is none
			return n, err
		}
	}
	if s.file == nil {
		s.file = os.NewFile(uintptr(s.fd), "upstream")
	}
	stop := context.AfterFunc(ctx, func() { _ = s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	conn, err := s.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	cerr := conn.Read(func(uintptr) bool { // which unlike the file's own Read lets a datagram without octets be one
		n, err = s.read(buffer)
		return !errors.Is(err, unix.EAGAIN)
	})
	if cerr != nil {
		return 0, cerr
	}
	return n, err
}

func (s *socket) read(buffer []byte) (int, error) {
	for {
		if n, err := unix.Read(s.fd, buffer); !errors.Is(err, unix.EINTR) {
			return n, os.NewSyscallError("read", err)
		}
	}
}

func (s *socket) close() {
	if s.file != nil {
		_ = s.file.Close()
		return
	}
	_ = unix.Close(s.fd)
}
