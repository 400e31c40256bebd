package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rotatingLog opens a log on a file that takes a few lines.
func rotatingLog(t *testing.T, file string, keep int, notice func(error)) *Log {
	t.Helper()
	return mustOpen(t, file, Options{Window: -1, Rotation: Rotation{MaxSize: 1200, Keep: keep}, Notice: notice})
}

// together is what a file and those before it hold, the oldest first.
func together(t *testing.T, file string, keep int) []byte {
	t.Helper()
	var all []byte
	for n := keep; n > 0; n-- {
		b, err := os.ReadFile(fmt.Sprint(file, ".", n))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return append(all, mustRead(t, file)...)
}

func entries(t *testing.T, file string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func TestRotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	l := rotatingLog(t, file, 100, nil)
	for i := range 20 {
		mustRecord(t, l, question(fmt.Sprint(i)))
	}
	mustClose(t, l)
	all := together(t, file, 100)
	if n := checkChain(t, all); n != 20 {
		t.Errorf("%d lines", n)
	}
	files := entries(t, file)
	if len(files) < 4 {
		t.Errorf("the files are %q", files)
	}
	for _, name := range files {
		st, err := os.Stat(filepath.Join(filepath.Dir(file), name))
		if err != nil || st.Size() > 1200 || st.Size() == 0 || st.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	if bytes.Contains(all, []byte("chain.kept")) {
		t.Error("nothing is gone, but a line says so")
	}
}

func TestRotationKeeps(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	l := rotatingLog(t, file, 2, nil)
	for i := range 20 {
		mustRecord(t, l, question(fmt.Sprint(i)))
	}
	mustClose(t, l)
	if files := entries(t, file); !slices.Equal(files, []string{"log", "log.1", "log.2"}) {
		t.Errorf("the files are %q", files)
	}
	lines := splitLines(t, together(t, file, 2))
	var kept any
	for _, line := range lines {
		if k := line["chain.kept"]; k != nil {
			kept = k
		}
	}
	if first := lines[0]["chain.sequence"]; kept != first || first == 1.0 {
		t.Errorf("the first line is %v, and the log tells %v", first, kept)
	}
}

// Several runs may write to one file. None loses a line where another rotates.
func TestRotationByMany(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	const writers, each = 4, 100
	var group sync.WaitGroup
	for w := range writers {
		l := rotatingLog(t, file, 1000, func(err error) { t.Error(err) })
		group.Go(func() {
			for i := range each {
				if err := l.Record(question(fmt.Sprint(w, ".", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	seen := map[any]bool{}
	sessions := map[any][]byte{}
	for line := range bytes.Lines(together(t, file, 1000)) {
		if string(line) == "\n" {
			continue // somebody opened the file while another wrote across the end of a page, and saw half a line
		}
		e := decode(t, line)
		seen[e["server.address"]] = true
		sessions[e["session.id"]] = append(sessions[e["session.id"]], line...)
	}
	if len(seen) != writers*each {
		t.Errorf("%d different lines, want %d", len(seen), writers*each)
	}
	for _, lines := range sessions {
		checkChain(t, lines)
	}
}

func TestRotationOfLongLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	l := rotatingLog(t, file, 9, nil)
	mustRecord(t, l, big("a"))
	mustRecord(t, l, big("b"))
	if got := names(readLines(t, file)); got != "b" {
		t.Errorf("%q", got)
	}
	if got := names(readLines(t, file+".1")); got != "a" {
		t.Errorf("%q", got)
	}
}

// Where a file cannot be rotated, the log goes on in it, and somebody is told once; where it can be again, it is.
func TestRotationFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	if err := os.MkdirAll(file+".1/full", 0o700); err != nil {
		t.Fatal(err)
	}
	var told []error
	l := rotatingLog(t, file, 1, func(err error) { told = append(told, err) })
	for i := range 10 {
		mustRecord(t, l, question(fmt.Sprint(i)))
	}
	if n := checkChain(t, mustRead(t, file)); n != 10 || len(told) != 1 || !errors.Is(told[0], unix.EISDIR) {
		t.Errorf("%d lines, told %v", n, told)
	}
	if err := os.RemoveAll(file + ".1"); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, l, question("last"))
	if got := names(readLines(t, file)); got != "last" {
		t.Errorf("%q", got)
	}
}

// A try that fails pushes no file out, however often it is made.
func TestRotationFailsAndKeeps(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "log")
	for n := 1; n <= 3; n++ {
		if err := os.WriteFile(fmt.Sprint(file, ".", n), fmt.Append(nil, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := rotatingLog(t, file, 5, nil)
	l.out.rotation.base = "none" // its rename fails
	defer func() { l.out.rotation.base = "log" }()
	for i := range 10 {
		if err := l.out.rotation.shift(); !errors.Is(err, unix.ENOENT) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	for n := 1; n <= 3; n++ {
		if got := string(mustRead(t, fmt.Sprint(file, ".", n))); got != fmt.Sprint(n) {
			t.Errorf("file %d has %q", n, got)
		}
	}
}

// Whoever may write to the directory cannot have us write somewhere else by rotating.
func TestRotationFollowsNoLink(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  func(target, file string) error
		want error
	}{
		{"symbolic link", os.Symlink, unix.ELOOP},
		{"FIFO", func(_, file string) error { return unix.Mkfifo(file, 0o600) }, unix.ENXIO},
		{"directory", func(_, file string) error { return os.Mkdir(file, 0o700) }, unix.EISDIR},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file, target := filepath.Join(dir, "log"), filepath.Join(dir, "target")
			if err := os.WriteFile(target, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			var told []error
			l := rotatingLog(t, file, 3, func(err error) { told = append(told, err) })
			mustRecord(t, l, question("a"))
			if err := errors.Join(os.Rename(file, file+".moved"), tt.put(target, file)); err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				mustRecord(t, l, question(fmt.Sprint(i)))
			}
			if got := string(mustRead(t, target)); got != "x" {
				t.Errorf("the target has %q", got)
			}
			if n := checkChain(t, mustRead(t, file+".moved")); n != 11 || len(told) != 1 || !errors.Is(told[0], tt.want) {
				t.Errorf("%d lines, told %v", n, told)
			}
		})
	}
}

// A file that somebody else has rotated is not rotated a second time.
func TestRotationAfterAnother(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	l := rotatingLog(t, file, 3, nil)
	mustRecord(t, l, question("a"))
	if err := errors.Join(os.Rename(file, file+".1"), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		mustRecord(t, l, question(fmt.Sprint(i)))
	}
	if files := entries(t, file); !slices.Equal(files, []string{"log", "log.1"}) {
		t.Errorf("the files are %q", files)
	}
	if n := checkChain(t, together(t, file, 1)); n != 5 {
		t.Errorf("%d lines", n)
	}
}

func TestRotationOfPlainFilesAlone(t *testing.T) {
	_, w := newPipe(t)
	file := filepath.Join(t.TempDir(), "log")
	n, err := unix.Open(file, unix.O_WRONLY|unix.O_CREAT, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(n)
	for _, spec := range []string{fmt.Sprint("/dev/fd/", w), fmt.Sprint("/dev/fd/", n), "/dev/null", "-", fd(w)} {
		if l, err := Open(spec, Options{Rotation: Rotation{MaxSize: 1, Keep: 1}}); !errors.Is(err, ErrNotRotated) {
			t.Errorf("%s: %v, %v", spec, l, err)
		}
	}
}

// untilLook returns when the next event has l look at its file.
func untilLook(l *Log) {
	for time.Since(l.out.looked) < lookEvery {
		runtime.Gosched()
	}
}

// A log that nobody can read any more is none, unless it gets a new file.
func TestRemoved(t *testing.T) {
	l, file := openTemp(t, Options{})
	mustRecord(t, l, question("a"))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	untilLook(l)
	for range 2 {
		if err := l.Record(question("b")); !errors.Is(err, ErrRemoved) || !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("got %v", err)
		}
	}
	rotating := rotatingLog(t, file, 1, nil)
	mustRecord(t, rotating, question("a"))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	untilLook(rotating)
	mustRecord(t, rotating, question("b"))
	if got := names(readLines(t, file)); got != "b" {
		t.Errorf("%q", got)
	}
}

// A file that had no name from the start is the caller's affair.
func TestFileWithoutAName(t *testing.T) {
	n, err := unix.MemfdCreate("log", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, fd(n), Options{})
	mustRecord(t, l, question("a"))
}

// What somebody else cuts is gone, and the log goes on, on a line of its own.
func TestTruncated(t *testing.T) {
	for _, tt := range []struct {
		name  string
		keep  int // lines
		bytes int // more
		want  string
	}{
		{"to nothing", 0, 0, "c"}, {"to a line", 1, 0, "a c"}, {"in a line", 1, 20, "a c"}, {"its newline", 2, -1, "a b c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, file := openTemp(t, Options{})
			mustRecord(t, l, question("a"))
			one := len(mustRead(t, file))
			mustRecord(t, l, question("b"))
			if err := os.Truncate(file, int64(one*tt.keep+tt.bytes)); err != nil {
				t.Fatal(err)
			}
			untilLook(l)
			mustRecord(t, l, question("c"))
			var whole []byte
			for line := range bytes.Lines(mustRead(t, file)) {
				if strings.HasSuffix(string(line), "\"}\n") {
					whole = append(whole, line...)
				}
			}
			if got := names(splitLines(t, whole)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
