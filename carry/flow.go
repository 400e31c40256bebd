package carry

import (
	"errors"
	"io"
	"net"

	"golang.org/x/sys/unix"
)

// stream is a TCP or unix connection.
type stream interface {
	net.Conn
	CloseWrite() error
}

// rawConn is syscall.RawConn, of which package syscall is not needed for anything else.
type rawConn interface {
	Read(f func(fd uintptr) bool) error
	Write(f func(fd uintptr) bool) error
}

// flow is one direction of a connection.
type flow struct {
	from, to rawConn
	vessels  *vessels
	bytes    int64
	bulk     bool // more comes at once than a buffer holds
}

// errWrite marks an error of the side that is written to: what it has sent before can still be read.
var errWrite = errors.New("write")

// run carries until the end of the stream, which is nil, or an error.
func (f *flow) run() error {
	for {
		v, err := f.fill()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = f.empty(v)
		f.vessels.give(v)
		if err != nil {
			return errors.Join(errWrite, err)
		}
	}
}

// fill waits for bytes, with empty hands, and takes them.
func (f *flow) fill() (vessel, error) {
	var v vessel
	var n int
	var err error
	werr := f.from.Read(func(fd uintptr) bool {
		v = f.vessels.take(f.bulk)
		if n, err = again(func() (int, error) { return v.fill(int(fd)) }); n <= 0 {
			f.vessels.give(v)
			f.bulk = false
		}
		return !errors.Is(err, unix.EAGAIN)
	})
	switch {
	case werr != nil:
		return nil, werr
	case err != nil:
		return nil, err
	case n == 0:
		return nil, io.EOF
	}
	f.bulk = n >= bufferSize
	return v, nil
}

// empty waits until the other side has taken all that a vessel holds.
func (f *flow) empty(v vessel) error {
	var err error
	werr := f.to.Write(func(fd uintptr) bool {
		for v.held() > 0 {
			var n int
			if n, err = again(func() (int, error) { return v.empty(int(fd)) }); err != nil {
				return !errors.Is(err, unix.EAGAIN)
			}
			f.bytes += int64(n)
			f.vessels.moved.Add(int64(n))
		}
		return true
	})
	if werr != nil {
		return werr
	}
	return err
}

// again repeats a call that a signal interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// hungUp waits until the side that was read from, and has nothing more to say, cannot be spoken to either; or it is closed.
func (f *flow) hungUp() error {
	return f.from.Read(func(fd uintptr) bool {
		state := []unix.PollFd{{Fd: int32(fd)}}
		_, err := unix.Poll(state, 0)
		return err == nil && state[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
	})
}
