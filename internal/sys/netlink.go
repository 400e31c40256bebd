package sys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Subscribe has a netlink socket hear of groups (RTNLGRP_LINK and the like).
func Subscribe(f *os.File, groups ...int) error {
	return control(f, func(fd int) error {
		for _, group := range groups {
			if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, group); err != nil {
				return fmt.Errorf("subscribe to netlink group %d: %w", group, err)
			}
		}
		return nil
	})
}

// NetlinkEvent is what rtnetlink(7) tells of an interface, a route or a rule.
type NetlinkEvent struct {
	Kind  int    // RTM_NEWLINK and the like
	Index int    // of a link
	Flags uint32 // of a link: IFF_UP
	Table int    // of a route or rule, where it is below 256
	// Prefix is an address with the net that is reached by its interface, of RTM_NEWADDR.
	Prefix netip.Prefix
}

// mostHeard bounds what is heard at once: the root of a namespace can have rtnetlink tell more than anybody can read.
const mostHeard = 256

// HearNetlink passes on what rtnetlink has told on a non-blocking socket, up to a bound. It does not wait; with wait it waits until there
// is something, or for the socket's read deadline, which is an error. An event of kind unix.NLMSG_OVERRUN stands for those that were lost.
func HearNetlink(f *os.File, wait bool, hear func(NetlinkEvent)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	step := func(fd uintptr) bool {
		var more bool
		more, failed = drainNetlink(int(fd), hear)
		return more || failed != nil
	}
	if !wait {
		err = conn.Control(func(fd uintptr) { step(fd) })
	} else {
		err = conn.Read(step)
	}
	return errors.Join(err, failed)
}

// drainNetlink says whether it has left something.
func drainNetlink(fd int, hear func(NetlinkEvent)) (more bool, err error) {
	buf := make([]byte, 64<<10)
	for range mostHeard {
		n, kernels, err := receiveNetlink(fd, buf)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return false, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOBUFS):
			hear(NetlinkEvent{Kind: unix.NLMSG_OVERRUN})
			continue
		case err != nil:
			return false, fmt.Errorf("rtnetlink: %w", err)
		case kernels:
			events(buf[:n], hear)
		}
	}
	return true, nil
}

// receiveNetlink receives one datagram, and says whether the kernel has sent it. The root of a network namespace may send to any
// netlink socket in it, to its groups, too, and say what it likes.
func receiveNetlink(fd int, buf []byte) (n int, kernels bool, err error) {
	n, from, err := unix.Recvfrom(fd, buf, 0)
	if err != nil {
		return 0, false, err
	}
	sender, ok := from.(*unix.SockaddrNetlink)
	return n, ok && sender.Pid == 0, nil
}

// ReadNetlink reads the next datagram from the kernel, as File.Read does.
func ReadNetlink(f *os.File, buf []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Read(func(fd uintptr) bool {
		for {
			var kernels bool
			n, kernels, failed = receiveNetlink(int(fd), buf)
			if kernels || failed != nil && !errors.Is(failed, unix.EINTR) {
				return !errors.Is(failed, unix.EAGAIN)
			}
		}
	})
	return n, errors.Join(err, failed)
}

// events passes on what a datagram says.
func events(datagram []byte, hear func(NetlinkEvent)) {
	messages, err := syscall.ParseNetlinkMessage(datagram)
	if err != nil { // longer than the buffer: an interface may have names enough
		hear(NetlinkEvent{Kind: unix.NLMSG_OVERRUN})
		return
	}
	for _, m := range messages {
		hear(event(m))
	}
}

func event(m syscall.NetlinkMessage) NetlinkEvent {
	e := NetlinkEvent{Kind: int(m.Header.Type)}
	switch {
	case (e.Kind == unix.RTM_NEWLINK || e.Kind == unix.RTM_DELLINK) && len(m.Data) >= unix.SizeofIfInfomsg:
		e.Index, e.Flags = int(int32(binary.NativeEndian.Uint32(m.Data[4:]))), binary.NativeEndian.Uint32(m.Data[8:])
	case e.Kind == unix.RTM_NEWADDR && len(m.Data) >= unix.SizeofIfAddrmsg:
		e.Index = int(binary.NativeEndian.Uint32(m.Data[4:]))
		if ip, ok := netip.AddrFromSlice(attribute(m.Data[unix.SizeofIfAddrmsg:], unix.IFA_ADDRESS)); ok {
			e.Prefix = netip.PrefixFrom(ip, int(m.Data[1]))
		}
	case (e.Kind == unix.RTM_DELRULE || e.Kind == unix.RTM_DELROUTE) && len(m.Data) >= unix.SizeofRtMsg:
		e.Table = int(m.Data[4]) // struct rtmsg and struct fib_rule_hdr have it in one place
	}
	return e
}

// attribute is the value of the first attribute of a type; nil where there is none before the first that is malformed. The syscall
// package's parser runs past the end of a last one whose padding is missing.
func attribute(b []byte, kind uint16) []byte {
	for len(b) >= unix.SizeofRtAttr {
		length := int(binary.NativeEndian.Uint16(b))
		if length < unix.SizeofRtAttr || length > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:]) == kind {
			return b[unix.SizeofRtAttr:length]
		}
		padded := (length + unix.RTA_ALIGNTO - 1) &^ (unix.RTA_ALIGNTO - 1)
		b = b[min(padded, len(b)):]
	}
	return nil
}
