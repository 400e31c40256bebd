package tests

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// no32Bit reports whether the kernel runs no 32-bit code, be it built or booted so (ia32_emulation=off) or on a hypervisor that has none: int 0x80 ends
// who makes it, and nobody has a call of that ABI.
func no32Bit() bool {
	var exit *exec.ExitError
	if !errors.As(exec.Command(program("foreign")).Run(), &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGSEGV
}

// The machine's second ABI has no sockets: a program's calls of that kind would not be looked at.
func TestForeignABI(t *testing.T) {
	if no32Bit() {
		t.Skip("this kernel runs no 32-bit code; those of the matrix do")
	}
	o := newOutside(t)
	bare := finish(t, o.enter(program("foreign")))
	if bare.status != 0 {
		t.Fatalf("this kernel runs no 32-bit programs: %+v", bare)
	}
	if !strings.Contains(bare.stdout, "\nsocket 097\n") && !strings.HasPrefix(bare.stdout, "socket 097\n") || !strings.Contains(bare.stdout, "\nconnect 009\n") {
		t.Fatalf("it makes no calls: %+v", bare)
	}
	for line := range strings.Lines(finish(t, o.enter(under(program("foreign"))...)).stdout) {
		if name, errno, _ := strings.Cut(strings.TrimSpace(line), " "); errno != "038" {
			t.Errorf("%s: errno %s, want ENOSYS", name, errno)
		}
	}
}

// Pointers may carry a tag, of which arm64 makes nothing.
func TestTaggedAddresses(t *testing.T) {
	o := newOutside(t)
	const want = "sendto 29, answer 0\nsendmsg 29, answer 1\nsendmmsg 2, of 29 and 29 bytes, answers to 1\nconnect 0, send 29, answer 0\n"
	if got := o.same(t, program("tagged"), "127.0.0.1"); got.stdout != want {
		t.Errorf("%+v", got)
	}
}
