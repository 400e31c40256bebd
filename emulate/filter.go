package emulate

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Sizes of what a filter is loaded from.
const (
	sizeofFprog  = 16 // struct sock_fprog of a 64-bit target: length, padding, pointer
	sizeofFilter = 8  // struct sock_filter
	maxFilter    = 4096
)

// filter tells the handler which filter seccomp(2) or prctl(2) is about to load, and lets the kernel load it.
func (e *Emulator) filter(n sys.Notification) verdict {
	c := e.call(n, "seccomp")
	listener := n.Nr == unix.SYS_SECCOMP && n.Args[1]&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0
	var fprog [sizeofFprog]byte
	if e.read(n, n.Args[2], fprog[:]) != 0 {
		return run()
	}
	length := int(binary.NativeEndian.Uint16(fprog[:]))
	if length > maxFilter {
		return run()
	}
	program := make([]byte, length*sizeofFilter)
	if e.read(n, binary.NativeEndian.Uint64(fprog[8:]), program) == 0 {
		e.Handler.Filter(c, program, listener)
	}
	return run()
}
