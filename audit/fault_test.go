package audit

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/faultfs"
)

// wholeLines are those that the chain has, without the halves between.
func wholeLines(log []byte) (whole []byte) {
	for line := range bytes.Lines(log) {
		if bytes.HasPrefix(line, []byte("{")) && bytes.HasSuffix(line, []byte("\"}\n")) {
			whole = append(whole, line...)
		}
	}
	return whole
}

// Whatever a file system says, and after whichever part of a line it says so: it is an error that names it, and once it works the chain goes on.
func TestFaultsOfFileSystems(t *testing.T) {
	file, path := faultfs.Mount(t)
	for _, errno := range []unix.Errno{unix.EIO, unix.ENOSPC, unix.EDQUOT, unix.EROFS, unix.EFBIG, unix.ESTALE, unix.ETIMEDOUT} {
		for _, room := range []int{0, 1, 100, 300} {
			t.Run(fmt.Sprint(unix.ErrnoName(errno), " after ", room), func(t *testing.T) {
				if err := unix.Truncate(path, 0); err != nil {
					t.Fatal(err)
				}
				l := mustOpen(t, path, Options{})
				mustRecord(t, l, question("a"))
				file.FailAfter(room, errno)
				for range 3 {
					if err := l.Record(question("b")); !errors.Is(err, errno) {
						t.Errorf("got %v", err)
					}
				}
				file.Work()
				mustRecord(t, l, question("b"))
				if err := l.End(Ending{}); err != nil {
					t.Error(err)
				}
				whole := wholeLines(file.Text())
				if n := checkChain(t, whole); n != 3 {
					t.Errorf("%d lines", n)
				}
				if got := names(splitLines(t, whole)); got != "a b " {
					t.Errorf("%q", got)
				}
			})
		}
	}
}

// A file system that takes less than it is given is given the rest.
func TestShortWrites(t *testing.T) {
	file, path := faultfs.Mount(t)
	l := mustOpen(t, path, Options{})
	for room := range 50 {
		file.FailAfter(room, unix.EINTR) // of a write that has begun: the rest is tried again
		before := len(file.Text())
		done := make(chan error)
		go func() { done <- l.Record(question(fmt.Sprint(room))) }()
		for len(file.Text()) < before+room {
			runtime.Gosched()
		}
		file.Work()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if n := checkChain(t, file.Text()); n != 50 {
		t.Errorf("%d lines", n)
	}
}

// What does not reach the disk is an error of the end.
func TestFaultsOfSync(t *testing.T) {
	file, path := faultfs.Mount(t)
	l := mustOpen(t, path, Options{})
	mustRecord(t, l, question("a"))
	file.FailSync(unix.EIO)
	if err := l.End(Ending{}); !errors.Is(err, unix.EIO) {
		t.Errorf("got %v", err)
	}
}

// A clock that is set back changes times, and no order.
func TestClockSetBack(t *testing.T) {
	l, file := openTemp(t, Options{Window: -1})
	now := time.Now()
	for i := range 5 {
		e := question(fmt.Sprint(i))
		e.Time = now.Add(-time.Duration(i) * time.Hour)
		mustRecord(t, l, e)
	}
	if n := checkChain(t, mustRead(t, file)); n != 5 {
		t.Errorf("%d lines", n)
	}
	if got := names(readLines(t, file)); got != "0 1 2 3 4" {
		t.Errorf("%q", got)
	}
}

// As many bytes as a command line may have cost no more of a line than any other.
func TestStartOfLongCommand(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, command := range [][]string{
		{string(bytes.Repeat(every, 8<<10))},
		slices.Repeat([]string{string(every)}, 8<<10),
		slices.Repeat([]string{""}, 1<<20),
		{"sh", "-c", "\xff\x1b[2J\u202e\n"},
	} {
		l, file := openTemp(t, Options{})
		if err := l.Start(Start{Command: command}); err != nil {
			t.Fatal(err)
		}
		checkChain(t, mustRead(t, file))
		args, _ := readLines(t, file)[0]["process.command_args"].([]any)
		for i, arg := range args {
			back, more := unescape(t, arg.(string))
			if !more && back != command[i] || more && !bytes.HasPrefix([]byte(command[i]), []byte(back)) {
				t.Errorf("argument %d: %q", i, arg)
			}
		}
		if len(args) == 0 || len(args) > MaxItems {
			t.Errorf("%d arguments", len(args))
		}
	}
}
