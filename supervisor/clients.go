package supervisor

import (
	"net/netip"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

const (
	maxPorts      = 4096 // UDP ports whose user is remembered
	maxConnecting = 256  // TCP sockets on their way to the stub
)

// clients remembers which thread uses which socket towards a resolver, for the questions that reach the stub.
// The zero value is not usable; see newClients.
type clients struct {
	udp *lru.Cache[uint16, client] // by local port

	mu         sync.Mutex
	connecting []connecting // oldest first
}

// client is who uses a socket.
type client struct {
	tid     int            // 0: not known
	process *audit.Process // as it was when it connected; nil: not looked up
}

// connecting is a TCP socket whose local address is not known before the stub accepts it.
type connecting struct{ fd, tid int }

func newClients() *clients {
	udp, err := lru.New[uint16, client](maxPorts)
	if err != nil {
		panic(err) // only a size below one
	}
	return &clients{udp: udp}
}

func (c *clients) connected(who client, local netip.AddrPort) { c.udp.Add(local.Port(), who) }

// datagram returns whom a datagram from this address came from.
func (c *clients) datagram(from netip.AddrPort) client {
	who, _ := c.udp.Get(from.Port())
	return who
}

// expect owns fd until the stub has accepted its connection, or too many later ones have come.
func (c *clients) expect(tid, fd int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connecting = append(c.connecting, connecting{fd, tid})
	if len(c.connecting) > maxConnecting {
		c.drop(0)
	}
}

// accepted returns the thread whose socket is the other end of a connection from this address.
func (c *clients) accepted(from netip.AddrPort) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.connecting {
		local, errno := sys.LocalAddr(s.fd)
		if errno == 0 && local.Port() == from.Port() && local.Addr().Unmap() == from.Addr().Unmap() {
			c.drop(i)
			return s.tid
		}
	}
	return 0
}

func (c *clients) drop(i int) {
	_ = unix.Close(c.connecting[i].fd) // a duplicate: the target's own descriptor lives on
	c.connecting = append(c.connecting[:i], c.connecting[i+1:]...)
}

func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.connecting) > 0 {
		c.drop(0)
	}
}
