package sys

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Confinement is what a process of ours may still do, all threads of it, from Apply on. It cannot be taken back.
type Confinement struct {
	Filter       []byte // for seccomp(2): struct sock_filter array in native byte order
	Capabilities []int  // that stay, where they are held; the others go
}

// Apply makes the process dump no core and be looked into by nobody without CAP_SYS_PTRACE, takes its capabilities and
// its way to get others, and loads the filter. The filter must allow what the Go runtime does.
func (c Confinement) Apply() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("become undumpable: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	if err := keepCapabilities(c.Capabilities); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return c.load()
}

// load loads the filter into every thread: SECCOMP_FILTER_FLAG_TSYNC (Linux 3.17), which takes no_new_privs along.
func (c Confinement) load() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	flags := uint(unix.SECCOMP_FILTER_FLAG_TSYNC)
	if specAllow.there() {
		flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	program := unix.SockFprog{Len: uint16(len(c.Filter) / int(unsafe.Sizeof(unix.SockFilter{}))), Filter: (*unix.SockFilter)(unsafe.Pointer(pinned(&pin, c.Filter)))}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return fmt.Errorf("load our own seccomp filter: %w", errno)
	case thread != 0:
		return fmt.Errorf("load our own seccomp filter: thread %d has another: %w", thread, unix.ESRCH)
	}
	return nil
}

// keepCapabilities drops all capabilities of every thread but some.
func keepCapabilities(keep []int) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have, want [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return err
	}
	for _, capability := range keep {
		word, bit := capability/32, uint32(1)<<(capability%32)
		want[word].Permitted |= have[word].Permitted & bit
		want[word].Effective |= have[word].Effective & bit
	}
	if have == want {
		return nil // as an ordinary user's are
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	header.Pid = 0 // whoever asks
	pin.Pin(&header)
	pin.Pin(&want)
	if _, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&want)), 0); errno != 0 {
		return errno
	}
	return nil
}
