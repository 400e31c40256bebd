package tests

import (
	"strings"
	"testing"
)

// The machine's second ABI has no sockets: a program's calls of that kind would not be looked at.
func TestForeignABI(t *testing.T) {
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
