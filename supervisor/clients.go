package supervisor

import (
	"net/netip"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// maxPorts is of how many ports the user is remembered, of each transport.
const maxPorts = 4096

// clients remembers which thread uses which port towards a resolver, for the questions that reach the stub.
// The zero value is not usable; see newClients.
type clients struct{ udp, tcp *lru.Cache[uint16, client] }

// client is who uses a socket.
type client struct {
	tid     int            // 0: not known
	process *audit.Process // as it was when it connected; nil: not looked up
}

func newClients() *clients { return &clients{udp: newPorts(), tcp: newPorts()} }

func newPorts() *lru.Cache[uint16, client] {
	ports, err := lru.New[uint16, client](maxPorts)
	if err != nil {
		panic(err) // only a size below one
	}
	return ports
}

func (c *clients) of(transport string) *lru.Cache[uint16, client] {
	if transport == audit.TransportDNSTCP {
		return c.tcp
	}
	return c.udp
}

// connected remembers who uses a local address.
func (c *clients) connected(transport string, who client, local netip.AddrPort) {
	c.of(transport).Add(local.Port(), who)
}

// took returns who has connected from an address, and forgets it: the port may be another's next.
func (c *clients) took(address netip.AddrPort) client {
	who, _ := c.tcp.Get(address.Port())
	c.tcp.Remove(address.Port())
	return who
}

// from returns who speaks from an address.
func (c *clients) from(transport string, address netip.AddrPort) client {
	who, _ := c.of(transport).Get(address.Port())
	return who
}

// each calls f for each UDP port of which the user is known.
func (c *clients) each(f func(port uint16, tid int)) {
	for _, port := range c.udp.Keys() {
		if who, ok := c.udp.Peek(port); ok && who.tid != 0 {
			f(port, who.tid)
		}
	}
}
