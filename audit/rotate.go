package audit

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Rotation says when a file makes room for a new one. The zero value is never.
type Rotation struct {
	MaxSize int64 // of the file, in bytes, that a line would make it longer than; a longer line has a file of its own
	Keep    int   // how many files before it stay, as FILE.1, the last one, to FILE.Keep; at least 1
}

// ErrNotRotated is a log that is no plain file, and cannot be rotated.
var ErrNotRotated = errors.New("only a plain file can be rotated")

// rotated is a file with a name that another file can get.
type rotated struct {
	Rotation
	dir    int // descriptor
	base   string
	notice func(error)
	told   bool
	starts []uint64 // numbers of the lines that the files begin with that are kept, the oldest first
	old    sync.WaitGroup
	mu     sync.Mutex
	failed error // of syncing those
}

// rotates makes out, which path was opened as, one that is rotated.
func (s *sink) rotates(path string, r Rotation, notice func(error)) error {
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open its directory: %w", err)
	}
	s.rotation = &rotated{Rotation: r, dir: dir, base: filepath.Base(path), notice: notice, starts: []uint64{1}}
	if !s.regular || !s.named() {
		return errors.Join(ErrNotRotated, unix.Close(dir))
	}
	return nil
}

// Rotates is the directory that the log makes files in; "" is none.
func (l *Log) Rotates() string {
	if l == nil || l.opts.Rotation.MaxSize == 0 {
		return ""
	}
	return filepath.Dir(l.name)
}

// named says whether the name is still that of the open file.
func (s *sink) named() bool {
	var open, there unix.Stat_t
	err := errors.Join(unix.Fstat(s.fd, &open), unix.Fstatat(s.rotation.dir, s.rotation.base, &there, unix.AT_SYMLINK_NOFOLLOW))
	return err == nil && open.Dev == there.Dev && open.Ino == there.Ino
}

// rotate gives the name to a new file. Where it cannot, the log goes on in the file that it has, however long.
func (s *sink) rotate(mode uint32) bool {
	r := s.rotation
	fd, err := s.replace(mode)
	switch {
	case err != nil && !r.told && r.notice != nil:
		r.told = true
		r.notice(fmt.Errorf("rotate: %w", err))
		fallthrough
	case err != nil, fd < 0:
		return false
	}
	r.told = false
	r.sync(s.fd)
	s.fd, s.torn = fd, false
	return true
}

// replace opens a new file under the name, of which others may be writers too: who has the lock of a file may rename it, and who finds that
// another has done so only opens what is there now. Below zero: another is about it.
func (s *sink) replace(mode uint32) (int, error) {
	r := s.rotation
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(uintptr(s.fd), unix.F_OFD_SETLK, &lock); errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return -1, nil
	} // a file system without locks has no other writers that we could wait for
	defer func() {
		lock.Type = unix.F_UNLCK
		_ = unix.FcntlFlock(uintptr(s.fd), unix.F_OFD_SETLK, &lock) // closing it does the same
	}()
	if s.named() {
		if err := r.shift(); err != nil {
			return -1, err
		}
	}
	return r.open(mode)
}

// shift moves each file to the next name, up to the first that is free: what failed half-way and is tried again pushes no more files out.
func (r *rotated) shift() error {
	free := 1
	for free < r.Keep && unix.Faccessat(r.dir, r.name(free), unix.F_OK, unix.AT_SYMLINK_NOFOLLOW) == nil {
		free++
	}
	for n := free - 1; n >= 0; n-- {
		if err := unix.Renameat(r.dir, r.name(n), r.dir, r.name(n+1)); err != nil {
			return err
		}
	}
	return nil
}

// name is that of the file of n rotations ago.
func (r *rotated) name(n int) string {
	if n == 0 {
		return r.base
	}
	return r.base + "." + strconv.Itoa(n)
}

// races is how often in a row another run may rename a file just before it is opened.
const races = 100

// open makes the file, or opens the one that another has just made, unless a third has renamed that again.
func (r *rotated) open(mode uint32) (fd int, err error) {
	const flags = unix.O_WRONLY | unix.O_APPEND | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_NOFOLLOW
	for range races {
		fd, err = unix.Openat(r.dir, r.base, flags|unix.O_CREAT|unix.O_EXCL, mode&0o777)
		if errors.Is(err, unix.EEXIST) {
			fd, err = unix.Openat(r.dir, r.base, flags, 0)
		}
		if !errors.Is(err, unix.ENOENT) {
			break
		}
	}
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return -1, errors.Join(ErrNotRotated, err, unix.Close(fd))
	}
	return fd, nil
}

// sync brings the lines of a file that is complete onto the disk, while others are written to the next.
func (r *rotated) sync(fd int) {
	r.old.Go(func() {
		err := errors.Join(unix.Fsync(fd), unix.Close(fd))
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = errors.Join(r.failed, err)
	})
}

// began notes the number of the first line of a new file.
func (r *rotated) began(sequence uint64) {
	if r.starts = append(r.starts, sequence); len(r.starts) > r.Keep+1 {
		r.starts = r.starts[1:]
	}
}

// kept is the number of the session's first line that is still there.
func (r *rotated) kept() uint64 { return r.starts[0] }

// close waits for the files to be on the disk.
func (r *rotated) close() error {
	r.old.Wait()
	return errors.Join(r.failed, unix.Close(r.dir))
}
