package sys

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The structures and the hand-written numbers are those of linux/seccomp.h.
func TestLayout(t *testing.T) {
	if n := unsafe.Sizeof(rawNotification{}); n != 80 {
		t.Errorf("struct seccomp_notif has %d bytes", n)
	}
	if n := unsafe.Sizeof(rawResponse{}); n != 24 {
		t.Errorf("struct seccomp_notif_resp has %d bytes", n)
	}
	// _IOW and _IOR differ in their direction bits alone.
	if idValidOld^unix.SECCOMP_IOCTL_NOTIF_ID_VALID != 3<<30 {
		t.Errorf("ID_VALID is %#x, its old number %#x", uint(unix.SECCOMP_IOCTL_NOTIF_ID_VALID), uint(idValidOld))
	}
	if userNotifContinue != unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE {
		t.Error("CONTINUE")
	}
}

// The receivers end though no signal may be queued: the tree can lower that limit of ours, and the same user can use it up.
func TestWakeWithoutQueuedSignals(t *testing.T) {
	_, listener := start(t, "true")
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_SIGPENDING, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_SIGPENDING, &unix.Rlimit{Cur: 0, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_SIGPENDING, &before); err != nil {
			t.Error(err)
		}
	})
	ended := make(chan error, 1)
	go func() {
		_, err := listener.Receive()
		ended <- err
	}()
	if err := listener.Wake(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, ErrGone) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the receiver waits on")
	}
}

func TestFilterFlags(t *testing.T) {
	if FilterFlags()&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
		t.Error("no listener")
	}
	if err := filterFlag(1 << 30)(); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a flag that there is not: %v", err)
	}
}

func TestPacketInfoRoundTrip(t *testing.T) {
	for _, from := range []string{"8.8.8.8", "2001:db8::1", "fe80::1"} {
		a := mustAddr(from)
		control := appendPktinfo6(nil, a, 1)
		if len(control) != unix.CmsgSpace(unix.SizeofInet6Pktinfo) {
			t.Errorf("%v: %d bytes", from, len(control))
		}
		if got, _, ok := destination(control); !ok || got != a {
			t.Errorf("%v came back as %v", from, got)
		}
		if index := binary.NativeEndian.Uint32(control[32:]); (index == 1) != (from == "fe80::1") {
			t.Errorf("%v: interface %d", from, index)
		}
	}
	if n := len(appendPktinfo4(nil, mustAddr("8.8.8.8"), 1)); n != unix.CmsgSpace(unix.SizeofInet4Pktinfo) {
		t.Errorf("IPv4: %d bytes", n)
	}
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
