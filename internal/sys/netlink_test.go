package sys

import (
	"encoding/binary"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Who always has more to tell is not listened to for ever.
func TestHearNetlinkIsBounded(t *testing.T) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "rtnetlink")
	defer f.Close()
	ask := make([]byte, unix.SizeofNlMsghdr+unix.SizeofIfInfomsg) // about lo, which is answered by one message
	binary.NativeEndian.PutUint32(ask, uint32(len(ask)))
	binary.NativeEndian.PutUint16(ask[4:], unix.RTM_GETLINK)
	binary.NativeEndian.PutUint16(ask[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(ask[unix.SizeofNlMsghdr+4:], loopbackIndex)
	for _, wait := range []bool{false, true} {
		heard := 0
		again := func(NetlinkEvent) {
			if heard++; heard > 10*mostHeard {
				return
			}
			if _, err := f.Write(ask); err != nil {
				t.Error(err)
			}
		}
		again(NetlinkEvent{})
		if err := HearNetlink(f, wait, again); err != nil || heard < 2 || heard > 2*mostHeard {
			t.Errorf("wait %v: %v, after %d", wait, err, heard)
		}
	}
}
