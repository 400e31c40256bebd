package carry

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait of a test: past it something hangs.
const patience = 30 * time.Second

// way is a server with one forward, whose ends the test holds.
type way struct {
	*Server
	*testing.T
	inside  net.Addr
	target  net.Listener
	reports chan Report
	served  chan struct{}
	refuse  atomic.Bool
}

// newWay makes a forward to a target of the given network; files is RLIMIT_NOFILE.
func newWay(t *testing.T, network string, files uint64) *way {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "socket")
	}
	target, err := net.Listen(network, address)
	must(t, err)
	t.Cleanup(func() { target.Close() })
	w := &way{Server: NewServer(files), T: t, target: target, reports: make(chan Report, 100), served: make(chan struct{})}
	w.Accepted = func(_ *Forward, from, at netip.AddrPort) (func(Report), bool) {
		if !from.Addr().Is4() || at.Port() != 0 {
			t.Errorf("from %s, at %s", from, at)
		}
		return func(r Report) { w.reports <- r }, !w.refuse.Load()
	}
	f := &Forward{Target: []Address{{network, target.Addr().String()}}}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, w.Listen(f, netip.MustParseAddrPort("127.0.0.1:0"), os.NewFile(uintptr(fd), "listener")))
	name, err := unix.Getsockname(fd)
	must(t, err)
	w.inside = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*unix.SockaddrInet4).Port}
	go func() {
		defer close(w.served)
		w.Serve()
	}()
	t.Cleanup(func() {
		w.ShutDown()
		w.ended()
		must(t, w.Close())
	})
	return w
}

// isRefused connects, and is reset: while it connects or then.
func (w *way) isRefused() {
	w.Helper()
	c, err := net.Dial("tcp", w.inside.String())
	if err != nil {
		if !errors.Is(err, unix.ECONNRESET) {
			w.Fatal(err)
		}
		return
	}
	defer c.Close()
	must(w.T, c.SetDeadline(time.Now().Add(patience)))
	isReset(w.T, c)
}

// ended waits until nothing is served any more.
func (w *way) ended() {
	w.Helper()
	select {
	case <-w.served:
	case <-time.After(patience):
		w.Fatal("the server does not end")
	}
}

func (w *way) dial() *net.TCPConn {
	w.Helper()
	c, err := net.Dial("tcp", w.inside.String())
	must(w.T, err)
	w.Cleanup(func() { c.Close() })
	must(w.T, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}

func (w *way) accept() stream {
	w.Helper()
	c, err := w.target.Accept()
	must(w.T, err)
	w.Cleanup(func() { c.Close() })
	must(w.T, c.SetDeadline(time.Now().Add(patience)))
	return c.(stream)
}

// pair is both ends of one connection.
func (w *way) pair() (inside *net.TCPConn, outside stream) {
	w.Helper()
	inside = w.dial()
	return inside, w.accept()
}

func (w *way) report() Report {
	w.Helper()
	select {
	case r := <-w.reports:
		return r
	case <-time.After(patience):
		w.Fatal("the connection does not end")
		return Report{}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func ends(t *testing.T, r io.Reader) {
	t.Helper()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Fatalf("read %d bytes, %v; want the end", len(rest), err)
	}
}

func isReset(t *testing.T, r io.Reader) {
	t.Helper()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, unix.ECONNRESET) {
		t.Fatalf("read to %v, want a reset", err)
	}
}

func TestHalfClose(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			w := newWay(t, network, 4000)
			inside, outside := w.pair()
			_, err := inside.Write([]byte("question"))
			must(t, err)
			must(t, inside.CloseWrite())
			wants(t, outside, "question")
			ends(t, outside)
			_, err = outside.Write([]byte("a longer answer"))
			must(t, err)
			wants(t, inside, "a longer answer")
			must(t, outside.Close())
			ends(t, inside)
			if r := w.report(); r.Sent != 8 || r.Received != 15 || r.Err != nil || r.Duration <= 0 || r.Target.Network != network {
				t.Errorf("%+v", r)
			}

			inside, outside = w.pair()
			must(t, outside.CloseWrite())
			ends(t, inside)
			_, err = inside.Write([]byte("more"))
			must(t, err)
			wants(t, outside, "more")
			must(t, inside.Close())
			ends(t, outside)
			if r := w.report(); r.Sent != 4 || r.Received != 0 || r.Err != nil {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestResets(t *testing.T) {
	reset := func(c stream) {
		must(t, c.(*net.TCPConn).SetLinger(0))
		must(t, c.Close())
	}
	t.Run("from inside", func(t *testing.T) {
		w := newWay(t, "tcp", 4000)
		inside, outside := w.pair()
		reset(inside)
		isReset(t, outside)
		w.report()
	})
	t.Run("from outside", func(t *testing.T) {
		w := newWay(t, "tcp", 4000)
		inside, outside := w.pair()
		_, err := outside.Write([]byte("last words"))
		must(t, err)
		wants(t, inside, "last words")
		reset(outside)
		isReset(t, inside)
		w.report()
	})
	t.Run("from inside, after its last word, to one that is silent", func(t *testing.T) {
		w := newWay(t, "tcp", 4000)
		inside, outside := w.pair()
		must(t, inside.CloseWrite())
		ends(t, outside)
		reset(inside)
		w.report()
		var err error
		for err == nil {
			_, err = outside.Write([]byte("x"))
		}
		if !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
			t.Error(err)
		}
	})
	t.Run("from outside, to one that still sends", func(t *testing.T) {
		w := newWay(t, "tcp", 4000)
		inside, outside := w.pair()
		go func() { reset(outside) }()
		for {
			if _, err := inside.Write(make([]byte, 1<<20)); err != nil {
				if !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) {
					t.Error(err)
				}
				break
			}
		}
		w.report()
	})
}

func TestRefusedTarget(t *testing.T) {
	w := newWay(t, "tcp", 4000)
	must(t, w.target.Close())
	w.isRefused()
	if r := w.report(); !errors.Is(r.Err, unix.ECONNREFUSED) || r.Target.Address != w.target.Addr().String() || r.Sent != 0 {
		t.Errorf("%+v", r)
	}
}

func TestNotAdmitted(t *testing.T) {
	w := newWay(t, "tcp", 4000)
	w.refuse.Store(true)
	w.isRefused()
}

// Bulk arrives whole, both ways at once, and is spliced.
func TestBulk(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdefghijk"), 3_000_000)
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			w := newWay(t, network, 4000)
			inside, outside := w.pair()
			type result struct {
				sum [sha256.Size]byte
				err error
			}
			results := make(chan result, 4)
			for _, c := range []stream{inside, outside} {
				go func() {
					_, err := c.Write(data)
					results <- result{sha256.Sum256(data), errors.Join(err, c.CloseWrite())}
				}()
				go func() {
					h := sha256.New()
					_, err := io.Copy(h, c)
					results <- result{[sha256.Size]byte(h.Sum(nil)), err}
				}()
			}
			for range 4 {
				if r := <-results; r.err != nil || r.sum != sha256.Sum256(data) {
					t.Errorf("%v, or other bytes", r.err)
				}
			}
			if r := w.report(); r.Sent != int64(len(data)) || r.Received != r.Sent {
				t.Errorf("%+v", r)
			}
			w.vessels.mu.Lock()
			defer w.vessels.mu.Unlock()
			if len(w.vessels.pipes) == 0 || len(w.vessels.pipes) != w.vessels.made || w.vessels.made > 2 {
				t.Errorf("%d pipes of %d are back", len(w.vessels.pipes), w.vessels.made)
			}
		})
	}
}

// stall sends what nobody reads until no more is taken; at the end of the test it is read.
func (w *way) stall(inside *net.TCPConn, outside stream) {
	const most = 64 << 20
	sent := 0
	var err error
	for err == nil && sent <= most {
		var n int
		err = inside.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		if err == nil {
			n, err = inside.Write(make([]byte, 1<<20))
			sent += n
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		w.Errorf("%d bytes were taken that nobody reads: %v", sent, err)
	}
	w.Cleanup(func() {
		if n, err := io.Copy(io.Discard, outside); n != int64(sent) || err != nil {
			w.Errorf("%d bytes arrive of %d: %v", n, sent, err)
		}
	})
	w.Cleanup(func() { must(w.T, inside.CloseWrite()) })
}

// More stalled connections than there are pipes: each holds little, and goes on when it is read.
func TestBackPressure(t *testing.T) {
	const connections = maxPipes + 4
	w := newWay(t, "tcp", 4000)
	stalled := make(chan struct{}, connections)
	for range connections {
		inside, outside := w.pair()
		go func() {
			defer func() { stalled <- struct{}{} }()
			w.stall(inside, outside)
		}()
	}
	for range connections {
		<-stalled
	}
	w.vessels.mu.Lock()
	defer w.vessels.mu.Unlock()
	if w.vessels.made == 0 || w.vessels.made > maxPipes {
		t.Errorf("%d pipes", w.vessels.made)
	}
}

// Beyond the bound connections wait to be accepted.
func TestBound(t *testing.T) {
	w := newWay(t, "tcp", 85) // two connections
	first, _ := w.pair()
	w.pair()
	third := w.dial()
	_, err := third.Write([]byte("third"))
	must(t, err)
	must(t, w.target.(*net.TCPListener).SetDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err := w.target.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a third connection: %v", err)
	}
	must(t, w.target.(*net.TCPListener).SetDeadline(time.Time{}))
	must(t, first.SetLinger(0))
	must(t, first.Close())
	wants(t, w.accept(), "third")
}

// A connection that was reset before it was accepted is one like any other.
func TestResetBeforeAccept(t *testing.T) {
	w := newWay(t, "tcp", 85) // two connections, and one that is accepted and waits for its turn
	first, _ := w.pair()
	second, _ := w.pair()
	w.dial()
	early := w.dial()
	must(t, early.SetLinger(0))
	must(t, early.Close())
	for _, c := range []*net.TCPConn{first, second} {
		must(t, c.SetLinger(0))
		must(t, c.Close())
		w.report()
	}
	w.accept()
	w.accept()
	w.report()
}

// What was said before a side went for good reaches who reads it later.
func TestLateReader(t *testing.T) {
	w := newWay(t, "tcp", 4000)
	inside, outside := w.pair()
	data := make([]byte, 1<<20)
	_, err := inside.Write(data)
	must(t, err)
	must(t, inside.CloseWrite())
	must(t, inside.SetLinger(0)) // as a closed socket is forgotten in time
	sent := make([]byte, len(data)-1)
	_, err = io.ReadFull(outside, sent[:1])
	must(t, err)
	for w.vessels.moved.Load() < int64(len(data)) {
		runtime.Gosched()
	}
	must(t, inside.Close())
	w.report()
	_, err = io.ReadFull(outside, sent)
	must(t, err)
	ends(t, outside)
}

// What was sent before the tree ended is carried, though its connection was not accepted yet; one that nobody inside can
// read ends, and so does one that nobody outside reads.
func TestShutDown(t *testing.T) {
	w := newWay(t, "tcp", 85)
	silent, outside := w.pair()
	stalled, unread := w.pair()
	waiting := w.dial()
	_, err := waiting.Write([]byte("last words"))
	must(t, err)
	must(t, waiting.Close())
	must(t, stalled.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	for err == nil {
		_, err = stalled.Write(make([]byte, 1<<20))
	}
	must(t, stalled.Close())
	must(t, silent.Close())
	w.ShutDown()
	ends(t, outside)
	late := w.accept()
	wants(t, late, "last words")
	ends(t, late)
	w.ended()
	isReset(t, unread)
}

// Keepalive is off while both directions are open, and on towards a side that has said its last.
func TestProbes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	ends := make([]*net.TCPConn, 4)
	for i := 0; i < 4; i += 2 {
		a, err := net.Dial("tcp", l.Addr().String())
		must(t, err)
		defer a.Close()
		b, err := l.Accept()
		must(t, err)
		ends[i], ends[i+1] = a.(*net.TCPConn), b.(*net.TCPConn)
	}
	client, inside, outside, server := ends[0], ends[1], ends[2], ends[3]
	v := newVessels()
	defer v.close()
	c, err := newConnection(inside, outside, v)
	must(t, err)
	if keepalive(t, inside) || keepalive(t, outside) {
		t.Error("an idle connection is probed")
	}
	carried := make(chan struct{})
	go func() {
		c.carry(t.Context(), t.Context())
		close(carried)
	}()
	must(t, client.CloseWrite())
	must(t, server.SetDeadline(time.Now().Add(patience)))
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if !keepalive(t, inside) || keepalive(t, outside) {
		t.Error("a side that may have gone is not probed")
	}
	must(t, server.Close())
	<-carried
}

func keepalive(t *testing.T, c *net.TCPConn) bool {
	t.Helper()
	raw, err := c.SyscallConn()
	must(t, err)
	var value int
	var gerr error
	must(t, raw.Control(func(fd uintptr) { value, gerr = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE) }))
	must(t, gerr)
	return value == 1
}
