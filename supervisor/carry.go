package supervisor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/carry"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// carrier carries connections of the tree to where forwards lead, and records them.
type carrier struct {
	*carry.Server
	desk    *desk
	clients *clients

	mu   sync.Mutex
	owed []audit.Event // that could not be written when their connection ended
}

// streams counts the sockets that the forwards listen with, by family.
func streams(forwards []carry.Forward) (four, six int) {
	for _, f := range forwards {
		for _, at := range f.Listen {
			if at.Addr().Is4() {
				four++
			} else {
				six++
			}
		}
	}
	return four, six
}

// newCarrier listens inside, once the namespace has its addresses. It owns the tree's sockets.
func newCarrier(c *Config, tree *sys.Tree, d *desk, known *clients) (*carrier, error) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return nil, err
	}
	k := &carrier{Server: carry.NewServer(files.Cur), desk: d, clients: known}
	k.Accepted = k.accepted
	four, six := tree.Streams4, tree.Streams6
	tree.Streams4, tree.Streams6 = nil, nil
	for i := range c.Forwards {
		f := &c.Forwards[i]
		for _, at := range f.Listen {
			pool := &four
			if at.Addr().Is6() {
				pool = &six
			}
			if err := k.listen(f, at, pool); err != nil {
				return nil, errors.Join(err, k.Close(), closeAll(four), closeAll(six))
			}
		}
	}
	return k, nil
}

// listen has one of the sockets listen. A machine without IPv6 has none to spare, and one on which it is switched off no ::1:
// only who asked for nothing else is told.
func (k *carrier) listen(f *carry.Forward, at netip.AddrPort, sockets *[]*os.File) error {
	err := error(unix.EAFNOSUPPORT)
	if len(*sockets) > 0 {
		socket := (*sockets)[0]
		*sockets = (*sockets)[1:]
		if err = k.Listen(f, at, socket); err == nil {
			return nil
		}
		err = errors.Join(err, socket.Close())
	}
	absent := errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL)
	if at.Addr().Is6() && absent && (f.Auto || len(f.Listen) > 1) {
		return nil
	}
	return fmt.Errorf("--forward %s: %w", f.Text, err)
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// serve carries until ShutDown.
func (k *carrier) serve() error {
	k.Serve()
	return nil
}

// accepted notes who connects. Nothing more is carried while a line of the log is owed.
func (k *carrier) accepted(f *carry.Forward, from, at netip.AddrPort) (func(carry.Report), bool) {
	who := k.clients.took(from)
	if !k.settle() {
		return nil, false
	}
	return func(r carry.Report) { k.ended(f, who, from, at, r) }, true
}

// ended records a connection that has ended.
func (k *carrier) ended(f *carry.Forward, who client, from, at netip.AddrPort, r carry.Report) {
	if r.Err != nil {
		k.desk.notices.once("forward "+at.String(), "%s inside leads nowhere: %s", at, audit.Escape(r.Err.Error()))
	}
	if k.desk.verbose {
		k.desk.notices.line("%s to %s: %d bytes sent, %d received", at, audit.Escape(r.Target.String()), r.Sent, r.Received)
	}
	if k.desk.log == nil {
		return
	}
	e := audit.Event{
		Name: audit.Forward, Scope: audit.ScopeNonDomain, Decision: audit.Allow, PolicySource: audit.SourceBaselinePolicy,
		Reason: audit.ReasonAllow, Rule: f.Text, Transport: audit.TransportTCP, ServerAddress: at.Addr().String(),
		ServerPort: int(at.Port()), ClientAddress: from, PeerAddress: r.Target.Address, ClientBytes: r.Sent, ServerBytes: r.Received,
		Error: errorType(r.Err), Duration: r.Duration,
	}
	if host, port, err := net.SplitHostPort(r.Target.Address); err == nil && r.Target.Network == "tcp" {
		e.PeerAddress = host
		e.PeerPort, _ = strconv.Atoi(port) // carry has read it
	}
	if who.process != nil {
		e.Process = *who.process
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.desk.write(e) {
		k.owed = append(k.owed, e)
	}
}

// settle writes the lines that are owed. False: they still are.
func (k *carrier) settle() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.owed) > 0 {
		if !k.desk.write(k.owed[0]) {
			return false
		}
		k.owed = k.owed[1:]
	}
	return true
}

// errorType names an error as OpenTelemetry's error.type asks, by what can be told apart.
func errorType(err error) string {
	var errno unix.Errno
	var timeout net.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "_OTHER"
}
