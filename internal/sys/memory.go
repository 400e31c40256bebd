package sys

import (
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Span is a stretch of a target's memory, from the address Base on, of Len bytes.
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
	if !processVMReadv.there() {
		return readMemoryFile(tid, spans, buf)
	}
	local := []unix.Iovec{{Base: unsafe.SliceData(buf), Len: uint64(len(buf))}}
	n, err := unix.ProcessVMReadv(tid, local, remote(make([]unix.RemoteIovec, 0, 4), spans), 0)
	if err == nil && n < len(buf) {
		err = unix.EFAULT
	}
	return n, err
}

func remote(out []unix.RemoteIovec, spans []Span) []unix.RemoteIovec {
	for _, s := range spans {
		out = append(out, unix.RemoteIovec{Base: uintptr(s.Base), Len: s.Len})
	}
	return out
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
