package supervisor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// building is the wall of a namespace that the tree made, which is built in two steps: addresses, for those who look whether there
// are any before they ask for one, and at the first question the rest. A DNS service that starts in between has its port.
type building struct {
	life    context.Context //nolint:containedctx // the namespace's
	desk    *desk
	waiting *crowd // questions that wait for an upstream

	connections *crowd // over TCP, to all namespaces that the tree made

	mu      sync.Mutex
	sockets sys.WallSockets // until the wall is built
	lent    bool            // the placeholders are there
	begun   bool
	err     error
	keep    bool             // DNS services that are there are left alone
	network *emulate.Network // nil: one listens in the namespace itself
	wall    *wall
	wait    func() // until nothing is served any more
}

// address adds the placeholders. Whoever connects wants lo up.
func (b *building) address(connects bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun {
		return
	}
	requests := []request{address(unix.AF_INET), address(unix.AF_INET6)}
	if connects {
		requests = append(requests, request{unix.RTM_NEWLINK, 0, loopbackUp()})
	}
	b.lent = true
	b.attempt(requests)
}

// attempt executes each request. The first question says what is wrong.
func (b *building) attempt(requests []request) {
	for _, r := range requests {
		_ = executeEach(b.sockets.Route, []request{r})
	}
}

// open is the network for a question to a resolver, with what its root has taken away put back; nil where a DNS service of its own
// answers there.
func (b *building) open(resolver netip.Addr) (*emulate.Network, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.begun {
		b.begun = true
		b.build()
	}
	if b.wall != nil {
		b.wall.mend()
		if b.wall.news.leaves(resolver.Unmap()) {
			return nil, nil
		}
	}
	return b.network, b.err
}

func (b *building) build() {
	if b.err = b.life.Err(); b.err != nil {
		b.err = errors.Join(b.err, b.sockets.Close())
		return
	}
	var err error
	if b.wall, err = buildBeside(b.sockets, b.keep); err != nil {
		if !b.keep || !errors.Is(err, errExisting) {
			b.err = err
		}
		return
	}
	known := newClients()
	h := &handler{desk: b.desk, clients: known}
	b.network = &emulate.Network{Stub: b.wall.stub, Open: true, Connected: h.connected}
	b.wait = (&stub{wall: b.wall, desk: b.desk, clients: known, waiting: b.waiting, connections: b.connections}).start(b.life)
}

// takeDown closes what there is. The life has ended: nothing is built any more. The tree finds the rules for as long as it is there: a
// socket that it has connected already, whose sends nobody is told of, would else reach others by the sandbox's own interfaces. When the
// tree is over they are taken out again.
func (b *building) takeDown(over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.begun:
		b.begun = true
		if over && b.lent {
			b.attempt([]request{inverse(address(unix.AF_INET)), inverse(address(unix.AF_INET6))})
		}
		b.err = errors.Join(context.Canceled, b.sockets.Close())
	case b.wall != nil:
		_ = b.wall.shutDown()
		b.wait()
		if over {
			b.wall.news.withdraw()
		}
		_ = b.wall.Close()
		b.wall, b.network, b.err = nil, nil, context.Canceled
	}
}

func loopbackUp() *rtnetlink.LinkMessage {
	return &rtnetlink.LinkMessage{Index: loopback, Flags: unix.IFF_UP, Change: unix.IFF_UP}
}

// address adds the placeholder of a family. It can be used at once: a tentative IPv6 address cannot be a route's source.
func address(family uint8) request {
	placeholder, bits := net.IP(placeholder4.AsSlice()), uint8(32)
	if family == unix.AF_INET6 {
		placeholder, bits = net.IP(placeholder6.AsSlice()), 128
	}
	return request{unix.RTM_NEWADDR, netlink.Create | netlink.Excl, &rtnetlink.AddressMessage{
		Family: family, PrefixLength: bits, Index: loopback,
		Attributes: &rtnetlink.AddressAttributes{Address: placeholder, Local: placeholder, Flags: unix.IFA_F_NODAD},
	}}
}
