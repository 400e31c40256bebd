package sys

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// netlinkMessage is one with a header of the right length.
func netlinkMessage(kind uint16, body ...byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return append(append(b, make([]byte, 10)...), body...)
}

// Whatever a datagram holds, an address is one that it says, by the syscall package's parser where that one reads it to the end.
func FuzzNetlinkEvents(f *testing.F) {
	f.Add(netlinkMessage(unix.RTM_NEWADDR, unix.AF_INET, 24, 0, 0, 2, 0, 0, 0, 8, 0, unix.IFA_ADDRESS, 0, 10, 0, 0, 1))
	f.Add(netlinkMessage(unix.RTM_NEWLINK, make([]byte, 16)...))
	f.Add(netlinkMessage(unix.RTM_DELRULE, make([]byte, 12)...))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var heard []NetlinkEvent
		events(datagram, func(e NetlinkEvent) { heard = append(heard, e) })
		messages, err := syscall.ParseNetlinkMessage(datagram)
		if err != nil {
			if len(heard) != 1 || heard[0].Kind != unix.NLMSG_OVERRUN {
				t.Fatalf("%x: %v", datagram, heard)
			}
			return
		}
		for i, m := range messages {
			if want, ok := addressByOracle(m); ok && heard[i].Prefix != want {
				t.Errorf("%x: %v, not %v", m.Data, heard[i].Prefix, want)
			}
		}
		_, _, _ = NetlinkErrors(datagram)
	})
}

// addressByOracle is the address of RTM_NEWADDR; false where it cannot be told. The oracle wants a last attribute padded.
func addressByOracle(m syscall.NetlinkMessage) (netip.Prefix, bool) {
	if m.Header.Type != unix.RTM_NEWADDR || len(m.Data) < unix.SizeofIfAddrmsg || len(m.Data)%unix.RTA_ALIGNTO != 0 {
		return netip.Prefix{}, false
	}
	attributes, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		return netip.Prefix{}, false
	}
	for _, a := range attributes {
		if a.Attr.Type == unix.IFA_ADDRESS {
			ip, _ := netip.AddrFromSlice(a.Value)
			return netip.PrefixFrom(ip, int(m.Data[1])), ip.IsValid()
		}
	}
	return netip.Prefix{}, true
}

// Datagrams that are not the kernel's are not heard.
func TestNetlinkOfOthers(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	defer ours.Close()
	defer theirs.Close()
	rule := netlinkMessage(unix.RTM_DELRULE, make([]byte, 12)...)
	send := func() {
		if _, err := theirs.Write(rule); err != nil {
			t.Error(err)
		}
	}
	heard := func(NetlinkEvent) { t.Error("heard") }
	send()
	if err := HearNetlink(ours, false, heard); err != nil {
		t.Error(err)
	}
	send()
	if err := ours.SetReadDeadline(time.Now()); err != nil {
		t.Error(err)
	}
	if n, err := ReadNetlink(ours, make([]byte, 100)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Whatever control messages hold, an address is one that is in them; those that we write say what was meant.
func FuzzControlMessages(f *testing.F) {
	for _, address := range []string{"8.8.8.8", "::ffff:8.8.8.8", "fe80::1", "2001:db8::53"} {
		f.Add(appendPktinfo6(nil, netip.MustParseAddr(address), 2))
	}
	f.Fuzz(func(t *testing.T, control []byte) {
		to, index, ok := destination(control)
		if !ok {
			return
		}
		four, six := to.AsSlice(), to.As16()
		if index < 0 || !bytes.Contains(control, four) && !bytes.Contains(control, six[:]) {
			t.Fatalf("%x: %v, interface %d", control, to, index)
		}
		if index == loopbackIndex { // which is left out, but for link-local addresses
			index = 2
		}
		if again, at, ok := destination(appendPktinfo6(nil, to, index)); !ok || again != to || at != index {
			t.Fatalf("%v, interface %d, came back as %v, %d", to, index, again, at)
		}
	})
}
