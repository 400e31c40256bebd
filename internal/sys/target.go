package sys

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Span is a stretch of a target's memory.
type Span struct {
	Base uint64
	Len  int
}

// ReadMemory copies one stretch of a target's memory. It returns what could be read, and unix.EFAULT where that
// is less than asked. It may block as long as a page of the target is served by a file system or by userfaultfd.
func ReadMemory(tid int, base uint64, buf []byte) (int, error) {
	return ReadSpans(tid, []Span{{Base: base, Len: len(buf)}}, buf)
}

// ReadSpans copies several stretches (at most 1024, IOV_MAX) into one buffer, as ReadMemory.
func ReadSpans(tid int, spans []Span, buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	local := []unix.Iovec{{Base: unsafe.SliceData(buf), Len: uint64(len(buf))}}
	n, err := unix.ProcessVMReadv(tid, local, remote(spans), 0)
	if err == nil && n < len(buf) {
		err = unix.EFAULT
	}
	return n, err
}

// OpenMemory opens the memory of the process that a thread belongs to, for writing; proc_pid_mem(5).
func OpenMemory(tid int) (*os.File, error) {
	return os.OpenFile("/proc/"+strconv.Itoa(tid)+"/mem", os.O_WRONLY, 0)
}

// Offset is where an address is in the file of OpenMemory. arm64 ignores the upper byte of an address, in which a program may keep a tag
// and hand it to the kernel (HWASan, MTE; Documentation/arch/arm64/tagged-address-abi.rst); process_vm_readv(2) takes it, a file does not.
func Offset(address uint64) int64 { return offset(runtime.GOARCH, address) }

func offset(arch string, address uint64) int64 {
	if arch == "arm64" {
		address &= 1<<56 - 1
	}
	return int64(address)
}

func remote(spans []Span) []unix.RemoteIovec {
	out := make([]unix.RemoteIovec, len(spans))
	for i, s := range spans {
		out[i] = unix.RemoteIovec{Base: uintptr(s.Base), Len: s.Len}
	}
	return out
}

// ErrOwnTable says that a thread's descriptor table cannot be reached: it is not its process's, and the kernel is
// older than PIDFD_THREAD.
var ErrOwnTable = errors.New("the thread has a descriptor table of its own")

const (
	pidfdThread = unix.O_EXCL // PIDFD_THREAD, Linux 6.9
	kcmpFiles   = 2           // KCMP_FILES
)

// TakeDescriptor duplicates descriptor fd of the thread tid into this process: the same open file description,
// close-on-exec. unix.EBADF: the thread has no such descriptor. Linux 5.6.
func TakeDescriptor(tid, fd int) (int, error) {
	pidfd, err := threadFD(tid)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	return unix.PidfdGetfd(pidfd, fd, 0)
}

func threadFD(tid int) (int, error) {
	pidfd, err := unix.PidfdOpen(tid, pidfdThread)
	if !errors.Is(err, unix.EINVAL) {
		return pidfd, err
	}
	// Before 6.9 a pidfd stands for a process: of a leader at once, of another thread only if they share the table.
	if pidfd, err = unix.PidfdOpen(tid, 0); err == nil {
		return pidfd, nil
	}
	tgid, err := ThreadGroup(tid)
	if err != nil {
		return -1, err
	}
	same, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(tgid), uintptr(tid), kcmpFiles, 0, 0, 0)
	if errno != 0 {
		return -1, fmt.Errorf("kcmp: %w", errno)
	}
	if same != 0 {
		return -1, ErrOwnTable
	}
	return unix.PidfdOpen(tgid, 0)
}

// ThreadGroup returns the process that a thread belongs to.
func ThreadGroup(tid int) (int, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:\t")
	line, _, _ := strings.Cut(rest, "\n")
	return strconv.Atoi(line)
}
