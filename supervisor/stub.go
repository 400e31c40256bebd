package supervisor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

const (
	maxUDPResponse = 65507
	maxTCPResponse = 65535
)

// stub answers what reaches the wall's sockets: questions of connected sockets, and everything over TCP.
type stub struct {
	wall    *wall
	desk    *desk
	clients *clients
	waiting *crowd // questions that wait for an upstream

	connections *crowd // over TCP
}

// start serves until the wall is shut down; wait returns when nothing is served any more.
func (s *stub) start(ctx context.Context) (wait func()) {
	var services errgroup.Group
	services.Go(func() error { return s.serveUDP(ctx) })
	services.Go(func() error { return s.serveTCP(ctx) })
	return func() { _ = services.Wait() } // a stub ends without an error
}

// serveUDP answers datagrams until the socket is shut down: what is known at once in the order of asking, and of each thread in turn.
func (s *stub) serveUDP(ctx context.Context) error {
	r := &reception{stub: s, answers: s.wall.stub.NewOutbox(), waiting: hail{stub: s.wall.stub, clients: s.clients}}
	r.serve(ctx)
	r.others.Wait()
	return nil
}

func (s *stub) send(response []byte, by asker) {
	if response != nil {
		// A client that has gone, or an address that cannot be a source (255.255.255.255), gets nothing.
		_ = s.wall.stub.SendFrom(response, by.resolver, by.client, max(by.index, loopback))
	}
}

// breathe waits a moment where the machine has run out of something, which an attempt at once would not find again.
func breathe(err error) {
	if exhausted(err) {
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // nothing tells when there is some again
	}
}

// exhausted says whether the machine has run out of something.
func exhausted(err error) bool {
	for _, short := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM} {
		if errors.Is(err, short) {
			return true
		}
	}
	return false
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// serveTCP accepts connections until the listener is shut down, or a sandbox's root destroys it (SOCK_DESTROY of sock_diag(7)).
func (s *stub) serveTCP(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	for {
		conn, err := s.wall.tcp.AcceptTCP()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, unix.EINVAL):
			return nil
		case err != nil:
			breathe(err) // else a connection that ended before it was accepted
			continue
		}
		by, ok := s.caller(conn)
		leave := func() {}
		if ok {
			leave, ok = s.connections.enter(by.tid)
		}
		if !ok {
			_ = conn.Close() // refused: there is nothing to lose
			continue
		}
		work.Go(func() {
			defer leave()
			s.desk.connection(ctx, conn, by)
		})
	}
}

// caller is who is at the other end of a connection. False: the kernel does not say which resolver was asked.
func (s *stub) caller(conn *net.TCPConn) (asker, bool) {
	remote, _ := conn.RemoteAddr().(*net.TCPAddr)
	local, _ := conn.LocalAddr().(*net.TCPAddr)
	if remote == nil || local == nil {
		return asker{}, false
	}
	from, resolver := unmapped(remote.AddrPort()), unmapped(local.AddrPort())
	who := s.clients.from(audit.TransportDNSTCP, from)
	return asker{tid: who.tid, process: who.process, patient: true, transport: audit.TransportDNSTCP, client: from, resolver: resolver}, true
}
