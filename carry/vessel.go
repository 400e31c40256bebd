package carry

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	bufferSize = 16 << 10
	pipeSize   = 256 << 10
	maxPipes   = 16 // 4 MiB: pipe-user-pages-soft, which the user's own pipes share, is 64 MiB (pipe(7))
)

// vessel holds bytes on their way from one socket to another. Neither step waits; unix.EAGAIN says that one would.
type vessel interface {
	fill(fd int) (int, error)
	empty(fd int) (int, error)
	held() int
	close()
}

// vessels are those that hold nothing. An idle connection has none.
type vessels struct {
	buffers sync.Pool
	moved   atomic.Int64 // bytes that have been taken by the other side

	mu    sync.Mutex
	pipes []*pipe
	made  int
}

func newVessels() *vessels {
	return &vessels{buffers: sync.Pool{New: func() any { return &buffer{} }}}
}

// take gives a pipe for bulk, where there is one, else a buffer: for little, a copy costs less than two splices.
func (v *vessels) take(bulk bool) vessel {
	if bulk {
		if p := v.pipe(); p != nil {
			return p
		}
	}
	return v.buffers.Get().(*buffer)
}

func (v *vessels) pipe() *pipe {
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := len(v.pipes); n > 0 {
		p := v.pipes[n-1]
		v.pipes = v.pipes[:n-1]
		return p
	}
	if v.made >= maxPipes {
		return nil
	}
	p, err := newPipe()
	if err != nil {
		return nil
	}
	v.made++
	return p
}

// give takes a vessel back. One that still holds something is not used again.
func (v *vessels) give(one vessel) {
	p, ok := one.(*pipe)
	if !ok {
		if one.held() == 0 {
			v.buffers.Put(one)
		}
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if p.held() > 0 {
		p.close()
		v.made--
		return
	}
	v.pipes = append(v.pipes, p)
}

// close closes the pipes. All vessels have been given back.
func (v *vessels) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.pipes {
		p.close()
	}
	v.pipes = nil
}

// buffer copies.
type buffer struct {
	data [bufferSize]byte
	next int // of what is held, the first
	end  int
}

func (b *buffer) fill(fd int) (int, error) {
	n, err := unix.Read(fd, b.data[:])
	b.next, b.end = 0, max(n, 0)
	return n, err
}

func (b *buffer) empty(fd int) (int, error) {
	n, err := unix.SendmsgN(fd, b.data[b.next:b.end], nil, nil, unix.MSG_NOSIGNAL)
	b.next += max(n, 0)
	return n, err
}

func (b *buffer) held() int { return b.end - b.next }
func (b *buffer) close()    {}

// pipe has the kernel move pages; splice(2).
type pipe struct{ r, w, size, holds int }

func newPipe() (*pipe, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	p := &pipe{r: fds[0], w: fds[1], size: 64 << 10}
	if size, err := unix.FcntlInt(uintptr(p.w), unix.F_SETPIPE_SZ, pipeSize); err == nil {
		p.size = size
	}
	return p, nil
}

func (p *pipe) fill(fd int) (int, error) {
	n, err := unix.Splice(fd, nil, p.w, nil, p.size, unix.SPLICE_F_NONBLOCK)
	p.holds += int(max(n, 0))
	return int(n), err
}

func (p *pipe) empty(fd int) (int, error) {
	n, err := unix.Splice(p.r, nil, fd, nil, p.holds, unix.SPLICE_F_NONBLOCK)
	p.holds -= int(max(n, 0))
	return int(n), err
}

func (p *pipe) held() int { return p.holds }

func (p *pipe) close() {
	_ = unix.Close(p.r)
	_ = unix.Close(p.w)
}
