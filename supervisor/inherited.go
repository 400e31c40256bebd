package supervisor

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// InheritedError says that a standard descriptor is a socket of the outer network.
type InheritedError struct {
	Descriptor int
	What       string
}

func (e *InheritedError) Error() string {
	return fmt.Sprintf("descriptor %d is %s of the outer network: the command could speak past the wall", e.Descriptor, e.What)
}

// Hint says what to do.
func (e *InheritedError) Hint() string {
	return "put a pipe in between, for example: cat | codex-dnsvisor -- COMMAND | cat"
}

// screen keeps descriptors that reach the outer network out of the command: 0 to 2 are an error, 3 and up are not
// passed on, with a warning.
func screen(stderr io.Writer) error {
	for fd := range 3 {
		if what := outer(fd); what != "" {
			return &InheritedError{Descriptor: fd, What: what}
		}
	}
	for _, fd := range sys.Started().Descriptors {
		if what := outer(fd); what != "" {
			unix.CloseOnExec(fd)
			// Nobody hears that standard error is gone.
			_, _ = fmt.Fprintf(stderr, "codex-dnsvisor: descriptor %d is not passed on: %s of the outer network\n", fd, what)
		}
	}
	return nil
}

// outer names what descriptor fd is when it reaches past the namespace; "" when it does not.
func outer(fd int) string {
	domain, errno := sys.Option(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if errno == 0 {
		if domain == unix.AF_UNIX {
			return ""
		}
		return "a socket"
	}
	target, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	switch {
	case err != nil:
		return ""
	case target == "anon_inode:[io_uring]":
		return "an io_uring"
	case target == "/dev/net/tun", strings.HasPrefix(target, "/dev/tap"), strings.HasPrefix(target, "/dev/vhost-"):
		return "a network device"
	}
	return ""
}

// release lets go of what the command alone should hold, so that a pipe ends when the command closes it: the
// inherited descriptors, standard input and standard output.
func release(keep int) error {
	for _, fd := range sys.Started().Descriptors {
		if fd != keep {
			_ = unix.Close(fd) // closed by somebody before us
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	for fd := range 2 {
		if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil {
			return fmt.Errorf("release descriptor %d: %w", fd, err)
		}
	}
	return nil
}
