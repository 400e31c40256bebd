package audit

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// big is an event whose line needs more than one page of 4 KiB.
func big(name string) Event {
	e := question(name)
	e.Answers = slices.Repeat([]string{strings.Repeat("a", 1000)}, 6)
	return e
}

// onSmallPages leaves out what needs a pipe that is shorter than a line. With larger pages a line is written whole or not at all.
func onSmallPages(t *testing.T) {
	t.Helper()
	if size := os.Getpagesize(); size > 4096 {
		t.Skipf("a pipe has at least a page, here of %d bytes", size)
	}
}

func TestPipe(t *testing.T) {
	r, w := newPipe(t)
	l := mustOpen(t, fd(w), Options{})
	mustRecord(t, l, question("a"))
	mustRecord(t, l, question("b"))
	mustClose(t, l) // a pipe cannot be synced, and that is fine
	if got := names(splitLines(t, drainFD(t, r))); got != "a b" {
		t.Errorf("%q", got)
	}
}

func TestPipeWithoutReader(t *testing.T) {
	r, w := newPipe(t)
	l := mustOpen(t, fd(w), Options{})
	mustRecord(t, l, question("a"))
	if err := unix.Close(r); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(question("b")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("got %v", err)
	}
}

// A pipe that nobody reads costs its patience once; when it is read again the log goes on, on a line of its own.
func TestStalledPipe(t *testing.T) {
	onSmallPages(t)
	r, w := newPipe(t)
	const patience = 50 * time.Millisecond
	l := mustOpen(t, fd(w), Options{Patience: patience})
	start := time.Now()
	if err := l.Record(big("half")); !errors.Is(err, unix.EAGAIN) {
		t.Fatalf("got %v", err)
	}
	if waited := time.Since(start); waited < patience {
		t.Errorf("gave up after %v", waited)
	}
	start = time.Now()
	for range 100 {
		if err := l.Record(question("b")); !errors.Is(err, unix.EAGAIN) {
			t.Fatalf("got %v", err)
		}
	}
	if waited := time.Since(start); waited > 50*patience {
		t.Errorf("100 more events waited %v", waited)
	}
	half := drainFD(t, r)
	if len(half) == 0 || bytes.ContainsRune(half, '\n') {
		t.Fatalf("a pipe of one page holds %q", half)
	}
	mustRecord(t, l, question("b"))
	rest, ok := bytes.CutPrefix(drainFD(t, r), []byte("\n"))
	if got := names(splitLines(t, rest)); got != "b" || !ok {
		t.Errorf("%q, after a newline: %v", got, ok)
	}
}

// A line that does not fit is finished as the reader makes room.
func TestShortWriteIsFinished(t *testing.T) {
	r, w := newPipe(t)
	l := mustOpen(t, fd(w), Options{Patience: time.Minute})
	read := make(chan []byte)
	go func() {
		var all []byte
		buf := make([]byte, 1000)
		for {
			n, err := unix.Read(r, buf)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n <= 0 {
				read <- all
				return
			}
			all = append(all, buf[:n]...)
		}
	}()
	mustRecord(t, l, big("a"))
	mustRecord(t, l, big("b"))
	mustClose(t, l)
	if got := names(splitLines(t, <-read)); got != "a b" {
		t.Errorf("%q", got)
	}
}

// The descriptor given is shared with others, who did not ask for O_NONBLOCK.
func TestPipeKeepsItsFlags(t *testing.T) {
	onSmallPages(t)
	_, w := newPipe(t)
	other, err := unix.FcntlInt(uintptr(w), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	l := mustOpen(t, fd(w), Options{Patience: time.Millisecond})
	if err := l.Record(big("a")); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("a full pipe: %v", err)
	}
	if flags, _ := unix.FcntlInt(uintptr(other), unix.F_GETFL, 0); flags&unix.O_NONBLOCK != 0 {
		t.Error("the shared description became non-blocking")
	}
}

func TestSocket(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, fd(pair[1]), Options{Patience: time.Millisecond})
	mustRecord(t, l, question("a"))
	if got := names(splitLines(t, drainFD(t, pair[0]))); got != "a" {
		t.Errorf("%q", got)
	}
	for err == nil {
		err = l.Record(big(time.Now().String())) // a blocking socket, but it must not block us
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Errorf("a full socket: %v", err)
	}
	unix.Close(pair[0])
	if err := l.Record(question("b")); !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("a closed peer: %v", err)
	}
}
