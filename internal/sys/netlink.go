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
		n, err := unix.Read(fd, buf)
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
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil { // longer than the buffer: an interface may have names enough
			hear(NetlinkEvent{Kind: unix.NLMSG_OVERRUN})
			continue
		}
		for _, m := range messages {
			hear(event(m))
		}
	}
	return true, nil
}

func event(m syscall.NetlinkMessage) NetlinkEvent {
	e := NetlinkEvent{Kind: int(m.Header.Type)}
	switch {
	case (e.Kind == unix.RTM_NEWLINK || e.Kind == unix.RTM_DELLINK) && len(m.Data) >= unix.SizeofIfInfomsg:
		e.Index, e.Flags = int(int32(binary.NativeEndian.Uint32(m.Data[4:]))), binary.NativeEndian.Uint32(m.Data[8:])
	case e.Kind == unix.RTM_NEWADDR && len(m.Data) >= unix.SizeofIfAddrmsg:
		e.Index = int(binary.NativeEndian.Uint32(m.Data[4:]))
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return e
		}
		for _, a := range attributes {
			if ip, ok := netip.AddrFromSlice(a.Value); ok && a.Attr.Type == unix.IFA_ADDRESS {
				e.Prefix = netip.PrefixFrom(ip, int(m.Data[1]))
			}
		}
	case (e.Kind == unix.RTM_DELRULE || e.Kind == unix.RTM_DELROUTE) && len(m.Data) >= unix.SizeofRtMsg:
		e.Table = int(m.Data[4]) // struct rtmsg and struct fib_rule_hdr have it in one place
	}
	return e
}
