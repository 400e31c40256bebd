package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNotWritable is a descriptor that cannot hold a log: not open, open for reading, or not a file, pipe or socket.
var ErrNotWritable = errors.New("not a file, pipe or socket open for writing")

// Open opens the log that spec names:
//
//   - "-" is standard error, which stays open after Close;
//   - "fd:N" is an open descriptor, which the log then owns (0 to 2 stay open after Close); a pipe is opened anew
//     where /proc allows, so that a full one never blocks for longer than the patience of opts;
//   - anything else is a file to append to, made with mode 0600 where there is none. A directory is an error, a
//     symbolic link too except in /dev, /dev/fd and below /proc (/dev/stdout, a shell's >(command)), and so is a FIFO
//     without a reader (ENXIO).
//
// All descriptors are close-on-exec. A file that ends in half a line gets a newline first.
func Open(spec string, opts Options) (*Log, error) {
	fold, err := newFolder(opts.Window)
	if err != nil {
		return nil, err
	}
	if opts.Patience == 0 {
		opts.Patience = DefaultPatience
	}
	if opts.Session == "" {
		opts.Session = rand.Text()
	}
	out, err := openSpec(spec)
	if err == nil && opts.Rotation.MaxSize > 0 {
		out, err = rotating(out, spec, &opts)
	}
	if err != nil {
		return nil, fmt.Errorf("audit log %s: %w", Escape(spec), err)
	}
	out.patience = opts.Patience
	return &Log{name: spec, opts: &opts, out: out, fold: fold, chain: newChain(), writer: writer{opts: &opts}}, nil
}

// rotating has a plain file rotated, or closes what it is not. Another run may have renamed it just after it was opened: then it is opened again.
func rotating(out *sink, spec string, opts *Options) (*sink, error) {
	path := spec != "-" && !strings.HasPrefix(spec, descriptor)
	for range races {
		err := ErrNotRotated
		if path {
			err = out.rotates(spec, opts.Rotation, opts.Notice)
		}
		if err == nil {
			return out, nil
		}
		again := path && out.regular
		if err = errors.Join(err, unix.Close(out.fd)); !again {
			return nil, err
		}
		if out, err = openSpec(spec); err != nil {
			return nil, err
		}
	}
	return nil, errors.Join(ErrNotRotated, unix.Close(out.fd))
}

// descriptor is how the name of an open one begins.
const descriptor = "fd:"

func openSpec(spec string) (*sink, error) {
	if spec == "-" {
		return take(2)
	}
	if digits, ok := strings.CutPrefix(spec, descriptor); ok {
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("descriptor: %w", err)
		}
		return take(int(n))
	}
	fd, err := openFile(spec)
	if err != nil {
		return nil, err
	}
	return own(fd)
}

// openFile never follows a link that a target may have left: what it makes us write must not end up in another file.
func openFile(path string) (int, error) {
	const flags = unix.O_WRONLY | unix.O_APPEND | unix.O_CREAT | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK
	follow := unix.O_NOFOLLOW
	if dir := filepath.Dir(path); dir == "/dev" || dir == "/dev/fd" || strings.HasPrefix(dir, "/proc/") {
		follow = 0 // the kernel's and udev's own; /dev/shm is anybody's
	}
	for {
		fd, err := unix.Open(path, flags|follow, 0o600)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ELOOP):
			return -1, fmt.Errorf("is a symbolic link, name the file it points to: %w", err)
		case err != nil:
			return -1, fmt.Errorf("open: %w", err)
		default:
			return fd, nil
		}
	}
}

// take makes the open descriptor n ours, once it is known to be fit: closing a number that the caller got wrong could
// hit a descriptor of the Go runtime. Standard descriptors stay where they are: the next file would get their number.
func take(n int) (*sink, error) {
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	if flags&unix.O_ACCMODE == unix.O_RDONLY || flags&unix.O_PATH != 0 {
		return nil, ErrNotWritable
	}
	fd, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("dup: %w", err)
	}
	out, err := own(anew(fd))
	if err == nil && n > 2 {
		_ = unix.Close(n) // out is another descriptor of it, and will tell what a close could
	}
	return out, err
}

// anew opens a pipe a second time, without blocking: O_NONBLOCK set on the descriptor given would show in every
// process that shares it. Where that fails, fd serves as it is.
func anew(fd int) int {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return fd
	}
	again, err := unix.Open(procFD(fd), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fd
	}
	_ = unix.Close(fd) // a pipe's close has nothing to tell
	return again
}

// own makes fd a sink by what it is, or closes it.
func own(fd int) (*sink, error) {
	out, err := newSink(fd)
	if err != nil {
		_ = unix.Close(fd) // nothing was written, and err says more
	}
	return out, err
}

func newSink(fd int) (*sink, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("stat: %w", err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		s := &sink{fd: fd}
		return s, s.look()
	case unix.S_IFIFO, unix.S_IFCHR:
		return &sink{fd: fd}, nil
	case unix.S_IFSOCK:
		return &sink{fd: fd, socket: true}, nil
	default:
		return nil, ErrNotWritable
	}
}

// endsInNewline looks at the last byte of a file of the size given; a file that cannot be read counts as torn.
func endsInNewline(fd int, size int64) bool {
	in, err := unix.Open(procFD(fd), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	var last [1]byte
	n, err := unix.Pread(in, last[:], size-1)
	_ = unix.Close(in) // it was only read
	return err == nil && n == 1 && last[0] == '\n'
}

func procFD(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
