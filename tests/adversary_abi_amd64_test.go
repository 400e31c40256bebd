//go:build adversary

package tests

import (
	"strings"
	"testing"
)

// The machine's other ABIs have no sockets, neither from 64-bit code nor from a 32-bit program, and lead nowhere where they have.
func TestAdversaryABIs(t *testing.T) {
	abi, program, without := program("abi"), program("abi32"), no32Bit()
	for _, place := range where() {
		t.Run(place, func(t *testing.T) {
			o := newOutside(t)
			if got := o.attempt(t, place, abi); got.status != 0 || strings.HasPrefix(place, "isolated") && got.stdout != "done\n" {
				t.Errorf("%+v", got)
			}
			if got := o.attempt(t, place, program); strings.HasPrefix(place, "isolated") && got.status != 0 && !without {
				t.Errorf("a 32-bit program got %d sockets", got.status)
			}
			o.silent(t)
		})
	}
	if without {
		t.Skip("x32's numbers and the vsyscall page lead nowhere; this kernel runs no 32-bit code, those of the matrix do")
	}
	if bare := finish(t, newOutside(t).enter(program)); bare.status < 2 {
		t.Errorf("without us a 32-bit program gets %d sockets", bare.status)
	}
}

// A tracer changes calls after the filter could have looked, with filters of its own or without; it gets what its tracee would.
func TestAdversaryTracer(t *testing.T) {
	trace := program("trace")
	const want = `socket(AF_PACKET) by a stop: EAFNOSUPPORT
socket(AF_PACKET) by a filter: EAFNOSUPPORT
socket(AF_VSOCK) by a stop: EAFNOSUPPORT
socket(AF_VSOCK) by a filter: EAFNOSUPPORT
connect by a stop: ENETUNREACH
connect by a filter: ENETUNREACH
sendto by a stop: EACCES
sendto by a filter: EACCES
io_uring_setup by a stop: ENOSYS
io_uring_setup by a filter: ENOSYS
ioctl(TIOCSTI) by a stop: EPERM
ioctl(TIOCSTI) by a filter: EPERM
a listener: EBUSY
PTRACE_O_SUSPEND_SECCOMP: EPERM
`
	o := newOutside(t)
	if got := o.attempt(t, "isolated", trace); got.stdout != want || got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := o.attempt(t, "host, below unshare", trace); got.status != 0 || strings.Count(got.stdout, "\n") != strings.Count(want, "\n") {
		t.Errorf("%+v", got)
	}
	o.silent(t)
}
