package carry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
)

// connection joins a connection inside to one outside.
type connection struct {
	inside   *net.TCPConn
	outside  stream
	up, down flow         // from the inside, to the inside
	ended    atomic.Int32 // directions that have come to their end
	said     atomic.Bool  // all that the inside had to say has been carried
	deaf     atomic.Bool  // nobody inside listens any more
}

func newConnection(inside *net.TCPConn, outside stream, v *vessels) (*connection, error) {
	in, err := inside.SyscallConn()
	if err != nil {
		return nil, err
	}
	out, err := raw(outside)
	if err != nil {
		return nil, err
	}
	probe(inside, false)
	probe(outside, false)
	return &connection{
		inside: inside, outside: outside,
		up: flow{from: in, to: out, vessels: v}, down: flow{from: out, to: in, vessels: v},
	}, nil
}

func raw(s stream) (rawConn, error) {
	switch s := s.(type) {
	case *net.TCPConn:
		return s.SyscallConn()
	case *net.UnixConn:
		return s.SyscallConn()
	}
	return nil, fmt.Errorf("a connection of type %T", s)
}

// carry returns when both directions have ended and both sides are closed. Once gone is done nobody inside listens: what was
// said there is still carried. now ends everything.
func (c *connection) carry(gone, now context.Context) {
	stopNow := context.AfterFunc(now, c.reset)
	defer stopNow()
	stopGone := context.AfterFunc(gone, func() {
		c.deaf.Store(true)
		c.part()
	})
	defer stopGone()
	down := make(chan bool, 1)
	go func() { down <- c.direction(&c.down, c.outside, c.inside, func() {}) }()
	clean := c.direction(&c.up, c.inside, c.outside, func() {
		c.said.Store(true)
		c.part()
	})
	if other := <-down; !clean || !other {
		c.reset()
	}
	c.close()
}

// part closes a connection with nobody inside, when all that was said there has been carried.
func (c *connection) part() {
	if c.said.Load() && c.deaf.Load() {
		c.close()
	}
}

// direction carries one direction to its end, and passes the end on. False: it was not the end of a stream.
func (c *connection) direction(f *flow, from, to stream, then func()) bool {
	err := f.run()
	both := c.ended.Add(1) == 2
	switch {
	case errors.Is(err, errWrite):
		return false // the other direction has what was sent before, and the same end
	case err != nil:
		c.reset()
		return false
	}
	probe(from, true)
	_ = to.CloseWrite() // one that is gone need not be told
	then()
	if both {
		return true
	}
	// A side that closes for good is not told from one that half-closes, until it answers a probe with a reset.
	if f.hungUp() == nil && c.ended.Load() < 2 {
		c.close()
	}
	return true
}

// reset has both sides see a connection that was reset.
func (c *connection) reset() {
	abort(c.inside)
	abort(c.outside)
}

// abort closes a connection, TCP's with a reset. It may have been closed before.
func abort(s stream) {
	if tcp, ok := s.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = s.Close()
}

// probe switches TCP keepalive. Between two ends on one machine it tells nothing while both are open, and of thousands that are
// due at once the kernel loses so many that it calls some dead (net.core.netdev_max_backlog).
func probe(s stream, on bool) {
	tcp, ok := s.(*net.TCPConn)
	if !ok {
		return
	}
	peer, ok := tcp.RemoteAddr().(*net.TCPAddr) // one that was reset has none
	if ok && (on || peer.IP.IsLoopback()) {
		_ = tcp.SetKeepAlive(on)
	}
}

// close leaves what was written to the kernel to deliver. The outside is first: a direction that finds a side closed resets both.
func (c *connection) close() {
	_ = c.outside.Close()
	_ = c.inside.Close()
}
