package carry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"
)

const (
	// MaxListeners is how many addresses can be listened on inside.
	MaxListeners = 128
	// MaxConnections is how many connections are carried at once; more wait to be accepted. Each takes two
	// files, of four fifths of RLIMIT_NOFILE less 64: it is less where that is below 25,080.
	MaxConnections = 10_000

	dialTimeout = 30 * time.Second
	// What was sent inside before the tree ended is carried for as long as the outside takes some, but not for ever. A packet that the
	// kernel of a busy machine loses on loopback is sent again after 0.2 s, 0.4 s, 0.8 s and so on.
	lastWords    = 3 * time.Second
	allLastWords = 10 * time.Second
)

// Report is what became of a connection.
type Report struct {
	Target   Address // the one that took the connection, else the first of the forward
	Sent     int64   // bytes from inside
	Received int64   // bytes to inside
	Duration time.Duration
	Err      error // why Target did not take it; nil: it did
}

// Server carries the connections of several forwards. Accepted is called for each: at is the address inside, from who connected
// to it. It may refuse; else what it returns is called at the end.
type Server struct {
	Accepted func(f *Forward, from, at netip.AddrPort) (ended func(Report), ok bool)

	listeners []*listener
	slots     *semaphore.Weighted
	vessels   *vessels
	gone, now context.Context //nolint:containedctx // nobody listens inside; the end
	ending    func()
	end       func()
	work      sync.WaitGroup // connections
}

// listener is a socket inside that listens.
type listener struct {
	file    *os.File
	raw     rawConn
	forward *Forward
	at      netip.AddrPort
	last    atomic.Bool // what waits to be accepted is all that ever will
}

// NewServer makes a server that listens nowhere yet and may open so many files.
func NewServer(files uint64) *Server {
	most := min(MaxConnections, (int64(min(files, 1<<32))*4/5-64)/2)
	s := &Server{slots: semaphore.NewWeighted(max(1, most)), vessels: newVessels()}
	s.gone, s.ending = context.WithCancel(context.Background())
	s.now, s.end = context.WithCancel(context.Background())
	return s
}

// Listen has a socket, unbound and non-blocking, listen on an address of a forward. It owns the socket if there is no error.
func (s *Server) Listen(f *Forward, at netip.AddrPort, socket *os.File) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var lerr error
	err = raw.Control(func(fd uintptr) {
		if lerr = unix.Bind(int(fd), sockaddr(at)); lerr == nil {
			lerr = unix.Listen(int(fd), unix.SOMAXCONN)
		}
	})
	if err = errors.Join(err, lerr); err != nil {
		return fmt.Errorf("listen on %s inside: %w", at, err)
	}
	s.listeners = append(s.listeners, &listener{file: socket, raw: raw, forward: f, at: at})
	return nil
}

func sockaddr(at netip.AddrPort) unix.Sockaddr {
	if at.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
}

// Listens says whether a port is that of a listener.
func (s *Server) Listens(port uint16) bool {
	for _, l := range s.listeners {
		if l.at.Port() == port {
			return true
		}
	}
	return false
}

// Serve carries connections until ShutDown, and returns when all have ended.
func (s *Server) Serve() {
	var accepting sync.WaitGroup
	for _, l := range s.listeners {
		accepting.Go(func() { s.accept(l) })
	}
	accepting.Wait()
	s.work.Wait()
	s.end()
	s.vessels.close()
}

// ShutDown says that nobody inside is left. What was sent there is still carried, until for three seconds nobody takes any of it, or
// for ten.
func (s *Server) ShutDown() {
	s.ending()
	for _, l := range s.listeners {
		l.last.Store(true)
		_ = l.file.SetReadDeadline(time.Unix(1, 0)) // wakes it
	}
	go s.lastWords()
}

// lastWords ends what does not end by itself.
func (s *Server) lastWords() {
	defer s.end()
	for deadline := time.Now().Add(allLastWords); time.Now().Before(deadline); {
		before := s.vessels.moved.Load()
		select {
		case <-s.now.Done():
			return
		case <-time.After(lastWords):
		}
		if s.vessels.moved.Load() == before {
			return
		}
	}
}

// Close closes the listeners. Serve has returned, or was never called.
func (s *Server) Close() error {
	s.ending()
	s.end()
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.file.Close())
	}
	return errors.Join(errs...)
}

// accept carries what connects to a listener.
func (s *Server) accept(l *listener) {
	for {
		inside, from, err := l.accept()
		switch {
		case err != nil:
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // nothing tells when the machine has what it lacked
			continue
		case inside == nil:
			return
		case s.slots.Acquire(s.now, 1) != nil:
			abort(inside) // the end
			continue
		}
		s.work.Go(func() {
			defer s.slots.Release(1)
			s.serve(l, inside, from)
		})
	}
}

// accept waits for a connection; nil where there will be none any more.
func (l *listener) accept() (*net.TCPConn, netip.AddrPort, error) {
	for {
		var fd int
		var peer unix.Sockaddr
		var err error
		werr := l.raw.Read(func(s uintptr) bool {
			fd, peer, err = unix.Accept4(int(s), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return !errors.Is(err, unix.EAGAIN) || l.last.Load()
		})
		switch {
		case errors.Is(werr, os.ErrDeadlineExceeded):
			err = l.file.SetReadDeadline(time.Time{})
		case werr != nil:
			return nil, netip.AddrPort{}, nil //nolint:nilerr // closed
		case errors.Is(err, unix.EAGAIN):
			return nil, netip.AddrPort{}, nil
		case err == nil:
			conn, err := connected(fd)
			return conn, addrPort(peer), err
		}
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ECONNABORTED) {
			return nil, netip.AddrPort{}, err
		}
	}
}

// addrPort is the address of a peer as accept tells it: a connection that was reset since has no other.
func addrPort(peer unix.Sockaddr) netip.AddrPort {
	switch a := peer.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// connected makes a connection of a descriptor.
func connected(fd int) (*net.TCPConn, error) {
	file := os.NewFile(uintptr(fd), "forward")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// serve carries one connection from its start to its end.
func (s *Server) serve(l *listener, inside *net.TCPConn, from netip.AddrPort) {
	start := time.Now()
	ended, ok := s.Accepted(l.forward, from, l.at)
	if !ok {
		abort(inside)
		return
	}
	outside, target, err := s.dial(l.forward)
	report := Report{Target: target, Err: err}
	if err == nil {
		var c *connection
		if c, report.Err = newConnection(inside, outside, s.vessels); report.Err == nil {
			c.carry(s.gone, s.now)
			report.Sent, report.Received = c.up.bytes, c.down.bytes
		} else {
			abort(outside)
		}
	}
	if report.Err != nil {
		abort(inside)
	}
	report.Duration = time.Since(start)
	ended(report)
}

// dial connects to the first target that takes the connection.
func (s *Server) dial(f *Forward) (stream, Address, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	var first error
	for _, target := range f.Target {
		conn, err := dialer.DialContext(s.now, target.Network, target.Address)
		if err == nil {
			return conn.(stream), target, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, f.Target[0], first
}
