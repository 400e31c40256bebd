package audit

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultPatience is how long a full pipe or socket is waited for before a line counts as not written.
const DefaultPatience = 5 * time.Second

// errStalled is a reader that takes nothing. It wraps EAGAIN, which the write got.
var errStalled = fmt.Errorf("nobody reads it: %w", unix.EAGAIN)

// sink is an owned file descriptor that takes whole lines.
type sink struct {
	fd       int
	socket   bool
	regular  bool
	linked   bool      // it has a name
	size     int64     // of a regular file, at the least
	looked   time.Time // when it was all right
	rotation *rotated  // nil: it is never
	patience time.Duration
	torn     bool // the last line may lack its end
	stalled  bool // the last wait was in vain: do not wait again before a write has worked
}

// ErrRemoved is a log that nobody could read any more.
var ErrRemoved = fmt.Errorf("the file was removed: %w", unix.ENOENT)

// lookEvery is how long a file may have been removed or cut before that is noticed: what was written just before is lost either way.
const lookEvery = time.Millisecond

// ready looks whether somebody else has removed or cut a regular file, and rotates it where n bytes more are too many.
func (s *sink) ready(n int, now time.Time) (rotated bool, err error) {
	if !s.regular || now.Sub(s.looked) < lookEvery && !s.full(s.size, n) {
		return false, nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(s.fd, &st); err != nil {
		return false, fmt.Errorf("stat: %w", err)
	}
	removed := s.linked && st.Nlink == 0
	if s.rotation != nil && (removed || s.full(st.Size, n)) && s.rotate(st.Mode) {
		s.size = 0
		return true, s.look()
	}
	if removed {
		return false, ErrRemoved
	}
	if st.Size < s.size {
		s.torn = st.Size > 0 && !endsInNewline(s.fd, st.Size)
	}
	s.size, s.looked = st.Size, now // a file that was removed is looked at each time
	return false, nil
}

// full reports whether n bytes more are too many for a file of the size given.
func (s *sink) full(size int64, n int) bool {
	return s.rotation != nil && size > 0 && size+int64(n) > s.rotation.MaxSize
}

// look learns what a regular file that was just opened holds.
func (s *sink) look() error {
	var st unix.Stat_t
	if err := unix.Fstat(s.fd, &st); err != nil {
		return fmt.Errorf("stat: %w", err)
	}
	s.regular, s.linked, s.size = true, st.Nlink > 0, st.Size
	s.torn = st.Size > 0 && !endsInNewline(s.fd, st.Size)
	return nil
}

// put writes buf, a newline and then a line, in one write(2) where the kernel takes it whole. The newline in front
// goes along only after a torn line, so that this one stands alone. A line that lacks but its newline is whole, though that
// is an error too.
func (s *sink) put(buf []byte) (whole bool, err error) {
	out := buf[1:]
	if s.torn {
		out = buf
	}
	n, err := s.push(out)
	s.size += int64(n)
	if err == nil {
		s.torn, s.stalled = false, false
		return true, nil
	}
	switch {
	case n > 1, n == 1 && !s.torn:
		s.torn = true
	case n == 1:
		s.torn = false // the newline in front was all
	}
	return n == len(out)-1, fmt.Errorf("write: %w", err)
}

// push writes all of out, or says how much of it the kernel took.
func (s *sink) push(out []byte) (int, error) {
	done := 0
	var deadline time.Time
	for done < len(out) {
		n, err := s.write(out[done:])
		switch {
		case err == nil && n > 0:
			done += n
		case err == nil:
			return done, io.ErrNoProgress
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if deadline.IsZero() {
				deadline = time.Now().Add(s.patience)
			}
			if err := s.wait(time.Until(deadline)); err != nil {
				return done, err
			}
		default:
			return done, err
		}
	}
	return done, nil
}

// write never raises SIGPIPE: the Go runtime swallows it for write(2), MSG_NOSIGNAL asks for none.
func (s *sink) write(p []byte) (int, error) {
	if s.socket {
		return unix.SendmsgN(s.fd, p, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	}
	return unix.Write(s.fd, p)
}

// wait returns when the descriptor takes data again or has an error for write to tell.
func (s *sink) wait(left time.Duration) error {
	if s.stalled || left <= 0 {
		s.stalled = true
		return errStalled
	}
	fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(fds, int((left+time.Millisecond-1)/time.Millisecond))
	switch {
	case errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return err
	case n == 0:
		s.stalled = true
		return errStalled
	default:
		return nil
	}
}

// close syncs what can be synced.
func (s *sink) close() error {
	err := s.sync()
	if s.rotation != nil {
		err = errors.Join(err, s.rotation.close())
	}
	return err
}

func (s *sink) sync() error {
	err := unix.Fsync(s.fd)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EROFS) {
		err = nil // pipes, sockets, terminals
	}
	if err != nil {
		err = fmt.Errorf("fsync: %w", err)
	}
	if e := unix.Close(s.fd); e != nil {
		err = errors.Join(err, fmt.Errorf("close: %w", e))
	}
	return err
}
