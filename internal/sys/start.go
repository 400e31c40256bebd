package sys

// #cgo LDFLAGS: -Wl,--wrap=pthread_create -Wl,--wrap=mmap
// #include "launch.h"
import "C"

import "unsafe"

// Start is how this process was started, noted before the Go runtime changed any of it.
type Start struct {
	Ignored     uint64   // bit n-1: signal n was ignored
	Mask        uint64   // the kernel's signal mask
	Closed      uint32   // bit n: standard descriptor n (0 to 2) was closed
	Descriptors []int    // open descriptors 3 and up
	Children    []int    // processes that the program which became this one by exec had started
	Environ     []string // as in memory: duplicates and entries without "=" included
}

// Started returns how this process was started. It is the same at every call.
func Started() Start {
	s := Start{
		Ignored: uint64(C.dv_started.sig_ignored),
		Mask:    uint64(C.dv_started.sig_mask),
		Closed:  uint32(C.dv_started.closed),
	}
	for _, fd := range unsafe.Slice(C.dv_started.fds, int(C.dv_started.nfds)) {
		s.Descriptors = append(s.Descriptors, int(fd))
	}
	for _, pid := range unsafe.Slice(C.dv_started.children, int(C.dv_started.nchildren)) {
		s.Children = append(s.Children, int(pid))
	}
	s.Environ = words(C.dv_started.environ)
	return s
}
