package audit

import (
	"io"
	"os"
	"os/signal"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// childEnv makes the test binary a process to look at: it says a byte and waits for its standard input to end.
const childEnv = "AUDIT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Stdout.Write([]byte{'.'})
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	signal.Ignore(unix.SIGXFSZ) // tests that limit a file's size want the error; os/signal cannot do this in a synctest bubble
	goleak.VerifyTestMain(m)
}
