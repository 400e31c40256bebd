package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func TestNilLog(t *testing.T) {
	var l *Log
	if err := errors.Join(l.Record(question("a")), l.Close()); err != nil {
		t.Error(err)
	}
}

func TestRecordFillsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, file := openTemp(t, Options{Conversation: "c", Session: "s"})
		mustRecord(t, l, Event{})
		line := readLines(t, file)[0]
		got := fmt.Sprint(line["conversation.id"], " ", line["session.id"], " ", line["event.timestamp"])
		if want := "c s " + time.Now().UTC().Format(wholeSeconds+".000Z"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// The line is the kernel's when Record returns: a reader of the file sees it without any flush.
func TestWrittenAtOnce(t *testing.T) {
	l, file := openTemp(t, Options{})
	for i := range 3 {
		mustRecord(t, l, question(fmt.Sprint(i)))
		if n := len(readLines(t, file)); n != i+1 {
			t.Fatalf("%d lines after %d events", n, i+1)
		}
	}
}

func TestConcurrentWriters(t *testing.T) {
	first, file := openTemp(t, Options{Window: -1})
	second := mustOpen(t, file, Options{Window: -1})
	const writers, each = 8, 50
	var group sync.WaitGroup
	for w := range writers {
		l := []*Log{first, second}[w%2]
		group.Go(func() {
			for i := range each {
				e := question(fmt.Sprint(w, ".", i))
				e.Process.Args = []string{strings.Repeat("x", i*20)}
				if err := l.Record(e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	seen := map[any]bool{}
	for _, line := range readLines(t, file) {
		seen[line["server.address"]] = true
	}
	if len(seen) != writers*each {
		t.Errorf("%d different lines, want %d", len(seen), writers*each)
	}
}

func TestClosed(t *testing.T) {
	l, file := openTemp(t, Options{})
	mustRecord(t, l, question("a"))
	mustClose(t, l)
	if err := l.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	err := l.Record(question("b"))
	if !errors.Is(err, fs.ErrClosed) || !strings.Contains(err.Error(), file) {
		t.Errorf("Record after Close: %v", err)
	}
	if got := names(readLines(t, file)); got != "a" {
		t.Errorf("%q", got)
	}
}

func TestFullDisk(t *testing.T) {
	l := mustOpen(t, "/dev/full", Options{})
	for range 2 { // the second is no retry of one that never was recorded
		if err := l.Record(question("a")); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("got %v", err)
		}
	}
	if l.fold.keys.Len() != 0 {
		t.Error("an event that is not in the log is remembered")
	}
}

// limitFileSize makes writes beyond n bytes of a file fail as on a full disk, after what fits. Call undo to end it.
func limitFileSize(t *testing.T, n uint64) (undo func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	undo = sync.OnceFunc(func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(undo)
	return undo
}

// When a disk has room again, the log goes on, on a line of its own.
func TestDiskRecovers(t *testing.T) {
	l, file := openTemp(t, Options{})
	undo := limitFileSize(t, 100)
	for range 2 {
		if err := l.Record(question("lost")); !errors.Is(err, unix.EFBIG) {
			t.Fatalf("got %v", err)
		}
	}
	undo()
	mustRecord(t, l, question("a"))
	mustRecord(t, l, question("b"))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half, rest, _ := strings.Cut(string(b), "\n")
	if len(half) != 100 {
		t.Errorf("the first line has %d bytes", len(half))
	}
	if got := names(splitLines(t, []byte(rest))); got != "a b" {
		t.Errorf("then %q", got)
	}
}

// A count that could not be written when its window ended fails the next Record, and is written once it can be.
func TestCountOutlivesFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, file := openTemp(t, Options{})
		mustRecord(t, l, question("a"))
		mustRecord(t, l, question("a"))
		size := len(mustRead(t, file))
		undo := limitFileSize(t, uint64(size))
		pass(DefaultWindow)
		if err := l.Record(question("b")); !errors.Is(err, unix.EFBIG) {
			t.Errorf("got %v", err)
		}
		undo()
		mustRecord(t, l, question("b"))
		if got := names(readLines(t, file)); got != "a a*2 b" {
			t.Errorf("%q", got)
		}
	})
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCloseTellsOfCountsItCannotWrite(t *testing.T) {
	l, file := openTemp(t, Options{})
	mustRecord(t, l, question("a"))
	mustRecord(t, l, question("a"))
	undo := limitFileSize(t, uint64(len(mustRead(t, file))))
	defer undo()
	if err := l.Close(); !errors.Is(err, unix.EFBIG) {
		t.Errorf("got %v", err)
	}
	if isOpen(l.out.fd) && sameFile(t, l.out.fd, file) {
		t.Error("the file is still open")
	}
}

func sameFile(t *testing.T, fd int, file string) bool {
	t.Helper()
	target, err := os.Readlink(procFD(fd))
	return err == nil && target == file
}
