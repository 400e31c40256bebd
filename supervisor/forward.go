package supervisor

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Forward answers questions at a socket, by policy, until ctx is done. Each connection carries messages framed as by TCP
// (RFC 1035 section 4.2.2). Of the configuration it uses Rules, Watch, Log, Stderr, Quiet and Verbose; the caller closes the
// resolver and Log once it has returned. ready is called when all that it takes to answer is there, and may confine the process; an
// error of its ends it.
func Forward(ctx context.Context, c Config, at Door, ready func() error) error {
	listener, err := at.open(ctx)
	if err != nil {
		return err
	}
	teller, err := sys.StartTeller()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	survive()
	if err := ready(); err != nil {
		return errors.Join(err, teller.Close(), listener.Close())
	}
	d := newDesk(&c)
	services, ctx := errgroup.WithContext(ctx)
	if c.Watch != nil {
		services.Go(func() error {
			c.Watch(ctx, d.reload)
			return nil
		})
	}
	f := &forwarder{listener: listener, desk: d, teller: teller, admitted: append(at.Peers, uint32(os.Geteuid()), 0)}
	services.Go(func() error { return f.serve(ctx) })
	stop := context.AfterFunc(ctx, func() { _ = listener.SetDeadline(time.Unix(1, 0)) })
	err = services.Wait()
	stop()
	d.notices.close()
	return errors.Join(err, teller.Close(), listener.Close())
}

// forwarder answers the connections of an AF_UNIX socket.
type forwarder struct {
	listener *socket
	desk     *desk
	teller   *sys.Teller
	admitted []uint32 // users
}

func (f *forwarder) serve(ctx context.Context) error {
	connections := newConnections()
	defer connections.wait()
	for {
		conn, err := f.listener.AcceptUnix()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			breathe(err) // else a connection that ended before it was accepted
			continue
		}
		peer, err := peerOf(conn)
		if err != nil || !f.admits(peer) {
			_ = conn.Close()
			continue
		}
		leave, ok := connections.enter(int(peer.Pid))
		if !ok {
			_ = conn.Close() // refused: there is nothing to lose
			continue
		}
		go func() {
			defer leave()
			// Now, while it is likely there still: its pid may be another's later.
			process := audit.Lookup(int(peer.Pid))
			process.Executable = f.teller.Executable(int(peer.Pid))
			f.desk.connection(ctx, conn, asker{tid: int(peer.Pid), process: &process, patient: true, transport: audit.TransportDNSUnix})
		}()
	}
}

// admits says whether a user may ask; the first time that he may not, people hear of it.
func (f *forwarder) admits(peer *unix.Ucred) bool {
	if slices.Contains(f.admitted, peer.Uid) {
		return true
	}
	f.desk.notices.once("peer", "user %d (pid %d) may not ask; hint: --peer %d", peer.Uid, peer.Pid, peer.Uid)
	return false
}

// peerOf is who connected, as our own namespaces name him; unix(7), SO_PEERCRED.
func peerOf(conn *net.UnixConn) (*unix.Ucred, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	return peer, errors.Join(err, failed)
}
