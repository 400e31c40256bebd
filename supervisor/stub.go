package supervisor

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

const (
	maxPipelined   = 32               // questions of one connection in work at once; RFC 7766 section 6.2.1.1
	idleTimeout    = 10 * time.Second // of a TCP connection; RFC 7766 section 6.2.3
	maxUDPResponse = 65507
	maxTCPResponse = 65535
)

// stub answers what reaches the wall's sockets: questions of connected sockets, and everything over TCP.
type stub struct {
	wall    *wall
	desk    *desk
	clients *clients
	waiting *crowd // questions that wait for an upstream
}

// serveUDP answers datagrams until the socket is shut down: what is known at once in the order of asking.
func (s *stub) serveUDP(ctx context.Context) error {
	buf := make([]byte, maxTCPResponse)
	var turn turn
	for {
		turn.yield()
		d, err := s.wall.stub.Receive(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			breathe(err) // else an ICMP error of an earlier response: the next read is another datagram
		default:
			s.datagram(ctx, d)
		}
	}
}

// datagram answers one datagram; it does not wait.
func (s *stub) datagram(ctx context.Context, d sys.Datagram) {
	who := s.clients.from(audit.TransportDNSUDP, d.From)
	by := asker{tid: who.tid, process: who.process, transport: audit.TransportDNSUDP, client: d.From, resolver: netip.AddrPortFrom(d.To, stubPort)}
	reply := s.desk.ask(d.Data, by, maxUDPResponse)
	if reply.pending == nil {
		s.send(reply.response, by)
		return
	}
	leave, ok := s.waiting.enter(who.tid)
	if !ok {
		return // a resolver under load drops, and clients ask again
	}
	go func() {
		defer leave()
		s.send(reply.pending(ctx), by)
	}()
}

func (s *stub) send(response []byte, by asker) {
	if response != nil {
		// A client that has gone, or an address that cannot be a source (255.255.255.255), gets nothing.
		_ = s.wall.stub.SendFrom(response, by.resolver, by.client, loopback)
	}
}

// breathe waits a moment where the machine has run out of something, which an attempt at once would not find again.
func breathe(err error) {
	for _, short := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM} {
		if errors.Is(err, short) {
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // nothing tells when there is some again
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// serveTCP accepts connections until the listener is shut down.
func (s *stub) serveTCP(ctx context.Context) error {
	connections := newConnections()
	defer connections.wait()
	for {
		conn, err := s.wall.tcp.AcceptTCP()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			breathe(err) // else a connection that ended before it was accepted
			continue
		}
		by := s.caller(conn)
		leave, ok := connections.enter(by.tid)
		if !ok {
			_ = conn.Close() // refused: there is nothing to lose
			continue
		}
		go func() {
			defer leave()
			s.connection(ctx, conn, by)
		}()
	}
}

// caller is who is at the other end of a connection.
func (s *stub) caller(conn *net.TCPConn) asker {
	from, resolver := unmapped(conn.RemoteAddr().(*net.TCPAddr).AddrPort()), unmapped(conn.LocalAddr().(*net.TCPAddr).AddrPort())
	who := s.clients.from(audit.TransportDNSTCP, from)
	return asker{tid: who.tid, process: who.process, patient: true, transport: audit.TransportDNSTCP, client: from, resolver: resolver}
}

// connection answers the questions of one TCP connection, as they become ready; RFC 7766.
func (s *stub) connection(ctx context.Context, conn *net.TCPConn, by asker) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) }) // ends reads and writes alike
	slots := semaphore.NewWeighted(maxPipelined)
	for conn.SetReadDeadline(time.Now().Add(idleTimeout)) == nil && ctx.Err() == nil {
		wire, err := readFrame(conn)
		if err != nil || !s.frame(ctx, conn, s.desk.ask(wire, by, maxTCPResponse), slots, cancel) {
			break
		}
	}
	drain(ctx, slots, maxPipelined) // a client that has sent its last question still gets its answers
	cancel()
	stop()
	_ = conn.Close()
}

// frame sends a reply, now or when an upstream has answered. False: the connection has come to its end.
func (s *stub) frame(ctx context.Context, conn *net.TCPConn, r reply, slots *semaphore.Weighted, cancel func()) bool {
	if r.silent() {
		return false // not a question: what was asked before it is answered, and nothing behind it is read
	}
	if r.pending == nil {
		return writeFrame(conn, r.response) == nil
	}
	if slots.Acquire(ctx, 1) != nil {
		return false
	}
	go func() {
		defer slots.Release(1)
		if writeFrame(conn, r.pending(ctx)) != nil {
			cancel() // nobody to say it to
		}
	}()
	return true
}

// drain waits until all slots are free.
func drain(ctx context.Context, slots *semaphore.Weighted, all int64) {
	_ = slots.Acquire(context.WithoutCancel(ctx), all) // fails only with its context
}

func readFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	wire := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, wire)
	return wire, err
}

func writeFrame(conn *net.TCPConn, response []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(idleTimeout)); err != nil {
		return err
	}
	frame := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(response)), uint16(len(response)))
	_, err := conn.Write(append(frame, response...))
	return err
}
