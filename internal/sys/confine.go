package sys

// #include "launch.h"
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Confinement is what a process of ours may still do, all threads of it, from Apply on. It cannot be taken back.
type Confinement struct {
	Filter       []byte // for seccomp(2): struct sock_filter array in native byte order
	Capabilities []int  // that stay, where they are held; the others go
	// Domain is a ruleset of Landlock's, which stays the caller's to close; nil: none.
	Domain *os.File
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
	if err := c.eachThread(); err != nil {
		return err
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
	filter := unsafe.SliceData(c.Filter)
	pin.Pin(filter)
	program := unix.SockFprog{Len: uint16(len(c.Filter) / int(unsafe.Sizeof(unix.SockFilter{}))), Filter: (*unix.SockFilter)(unsafe.Pointer(filter))}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return fmt.Errorf("load our own seccomp filter: %w", errno)
	case thread != 0:
		return fmt.Errorf("load our own seccomp filter: thread %d has another: %w", thread, unix.ESRCH)
	}
	return nil
}

// eachThread takes what the kernel takes of one thread alone, of all of them: capabilities, and with a Landlock domain no_new_privs as well. It ends within some
// five seconds, and where it fails some threads may be confined and others not.
func (c Confinement) eachThread() error {
	what := C.struct_dv_confinement{domain: -1}
	if c.Domain != nil {
		what.domain = C.int(c.Domain.Fd())
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	want := (*[2]unix.CapUserData)(unsafe.Pointer(&what.capabilities))
	for _, capability := range c.Capabilities {
		word, bit := capability/32, uint32(1)<<(capability%32)
		want[word].Permitted |= have[word].Permitted & bit
		want[word].Effective |= have[word].Effective & bit
	}
	if have != *want {
		what.capset = 1
	}
	if what.domain < 0 && what.capset == 0 {
		return nil // as an ordinary user's run is
	}
	if C.dv_confine(&what) == 0 {
		return nil
	}
	err := error(unix.Errno(what.failed_by))
	switch what.failed_at {
	case C.DV_CONFINE_LIST:
		return fmt.Errorf("list our threads: %w", err)
	case C.DV_CONFINE_SIGNAL:
		return fmt.Errorf("signal our threads: %w", err)
	case C.DV_CONFINE_ANSWER:
		return fmt.Errorf("signal our threads: %d does not come", what.waits_for)
	case C.DV_CONFINE_NO_NEW_PRIVS:
		return fmt.Errorf("set no_new_privs: %w", err)
	case C.DV_CONFINE_DOMAIN:
		return fmt.Errorf("enter a Landlock domain: %w", err)
	}
	return fmt.Errorf("drop capabilities: %w", err)
}
