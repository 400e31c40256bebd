package audit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFileIsMadePrivate(t *testing.T) {
	old := unix.Umask(0)
	defer unix.Umask(old)
	l, file := openTemp(t, Options{})
	st, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	if flags, err := unix.FcntlInt(uintptr(l.out.fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v", flags, err)
	}
}

func TestAppends(t *testing.T) {
	for _, tt := range []struct{ name, before, want string }{
		{"empty", "", ""},
		{"whole lines", "{}\n", "{}\n"},
		{"half a line", `{"a`, "{\"a\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(file, []byte(tt.before), 0o640); err != nil {
				t.Fatal(err)
			}
			l := mustOpen(t, file, Options{})
			mustRecord(t, l, question("a"))
			mustRecord(t, l, question("b"))
			rest, ok := strings.CutPrefix(string(mustRead(t, file)), tt.want)
			if got := names(splitLines(t, []byte(rest))); got != "a b" || !ok {
				t.Errorf("%q, after what was there: %v", got, ok)
			}
			if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o640 {
				t.Errorf("the mode changed: %v, %v", st, err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	target, link, fifo := filepath.Join(dir, "target"), filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	if err := errors.Join(os.WriteFile(target, nil, 0o600), os.Symlink(target, link), unix.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	shm := filepath.Join("/dev/shm", filepath.Base(dir)+t.Name())
	if err := os.Symlink(target, shm); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(shm)
	readOnly := openFD(t, "/dev/null", unix.O_RDONLY)
	onlyPath := openFD(t, target, unix.O_PATH)
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(epoll)
	for _, tt := range []struct {
		name, spec string
		want       error
	}{
		{"nothing", "", unix.ENOENT},
		{"directory", dir, unix.EISDIR},
		{"no such directory", dir + "/none/log", fs.ErrNotExist},
		{"symbolic link", link, unix.ELOOP},
		{"symbolic link where all may write", shm, unix.ELOOP},
		{"FIFO without a reader", fifo, unix.ENXIO},
		{"NUL in the name", dir + "/a\x00b", unix.EINVAL},
		{"no number", "fd:x", nil},
		{"negative", "fd:-1", nil},
		{"huge", "fd:4294967299", nil},
		{"not open", "fd:1000000", unix.EBADF},
		{"not open, typed", "fd:1000000", ErrNotWritable},
		{"open for reading", fd(readOnly), ErrNotWritable},
		{"open for no use", fd(onlyPath), ErrNotWritable},
		{"not a file", fd(epoll), ErrNotWritable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := openFDs(t)
			l, err := Open(tt.spec, Options{})
			if err == nil {
				l.Close()
				t.Fatal("it opened")
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !strings.HasPrefix(err.Error(), "audit log ") {
				t.Errorf("says %q", err)
			}
			checkPrintable(t, err.Error())
			if after := openFDs(t); after != before {
				t.Errorf("%d descriptors were open, now %d", before, after)
			}
		})
	}
	for _, n := range []int{readOnly, onlyPath, epoll} {
		if !isOpen(n) {
			t.Errorf("descriptor %d was refused and closed all the same", n)
		}
	}
}

func openFD(t *testing.T, path string, flags int) int {
	t.Helper()
	n, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(n) })
	return n
}

// openFDs counts this process's descriptors, the one that it reads them with included.
func openFDs(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestDescriptorIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	before := openFDs(t)
	n, err := unix.Open(file, unix.O_WRONLY|unix.O_CREAT, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, fd(n), Options{})
	if isOpen(n) && sameFile(t, n, file) {
		t.Error("the number given is still the file")
	}
	if flags, err := unix.FcntlInt(uintptr(l.out.fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v", flags, err)
	}
	mustRecord(t, l, question("a"))
	mustClose(t, l)
	if got := names(readLines(t, file)); got != "a" {
		t.Errorf("%q", got)
	}
	if after := openFDs(t); after != before {
		t.Errorf("%d descriptors were open, now %d", before, after)
	}
}

// Standard error stays, for it is said there why nothing is answered.
func TestStandardErrorStaysOpen(t *testing.T) {
	for _, spec := range []string{"-", "fd:2"} {
		l := mustOpen(t, spec, Options{})
		mustClose(t, l)
		if !isOpen(2) {
			t.Fatalf("%s: closed", spec)
		}
	}
}

// A shell's >(command) is a link below /dev; such links the user means.
func TestProcessSubstitution(t *testing.T) {
	r, w := newPipe(t)
	defer unix.Close(w)
	path := "/dev/fd/" + strings.TrimPrefix(fd(w), "fd:")
	l := mustOpen(t, path, Options{})
	mustRecord(t, l, question("a"))
	if got := names(splitLines(t, drainFD(t, r))); got != "a" {
		t.Errorf("%q", got)
	}
}
