package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTemp opens a log on a new file, closes it with the test and gives the file's name.
func openTemp(t *testing.T, opts Options) (*Log, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audit.log")
	return mustOpen(t, file, opts), file
}

func mustOpen(t *testing.T, spec string, opts Options) *Log {
	t.Helper()
	l, err := Open(spec, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustRecord(t *testing.T, l *Log, e Event) {
	t.Helper()
	if err := l.Record(e); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// readLines gives the objects of a file, in order.
func readLines(t *testing.T, file string) []map[string]any {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return splitLines(t, b)
}

func splitLines(t *testing.T, b []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for l := range bytes.Lines(b) {
		all = append(all, decode(t, l))
	}
	return all
}

// names is the server.address of each line, with its count where there is one.
func names(lines []map[string]any) string {
	var all []string
	for _, l := range lines {
		name, _ := l["server.address"].(string)
		if n, ok := l["count"].(float64); ok {
			name += "*" + strconv.Itoa(int(n))
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// question is an event that folds with its like.
func question(name string) Event {
	e := Event{
		Name: PolicyDecision, Scope: ScopeDomain, Decision: Deny, Transport: TransportDNSUDP, ServerAddress: name,
		QuestionType: "A", Process: Process{PID: 7},
	}
	e.Key = QuestionKey(&e, 1)
	return e
}

// newPipe makes a pipe of one page that both ends of are the test's, as plain numbers that nothing else closes.
func newPipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(p[1]), unix.F_SETPIPE_SZ, os.Getpagesize()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]) })
	return p[0], p[1]
}

// drainFD reads what is there.
func drainFD(t *testing.T, fd int) []byte {
	t.Helper()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4*MaxLine)
	var all []byte
	for {
		n, err := unix.Read(fd, buf)
		if n <= 0 || err != nil {
			return all
		}
		all = append(all, buf[:n]...)
	}
}

func fd(n int) string { return "fd:" + strconv.Itoa(n) }

func isOpen(n int) bool {
	_, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	return err == nil
}
