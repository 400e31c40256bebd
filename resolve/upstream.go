package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Upstream is where questions are asked. The zero value is the system's resolvers. Upstreams can be compared; those of two
// calls of [ParseUpstream] for tls and https differ.
type Upstream struct {
	network string         // udp, tcp, tls, https or unix; "" for the system's
	address netip.AddrPort // of udp and tcp
	path    string         // of unix
	secure  *secure        // of tls and https
}

// secure is a server that has to show who it is.
type secure struct {
	host      string // a name or an address, as its certificate has it
	port      uint16
	url       string       // of https, without a fragment
	addresses []netip.Addr // none: the host's name is looked up
	pins      []pin        // none: its certificate is checked against the system's roots
}

// String is the upstream as it is written, without what is behind the port: a path can be a secret.
func (u Upstream) String() string {
	switch {
	case u.network == "":
		return "system"
	case u.network == "unix":
		return "unix://" + u.path
	case u.secure != nil:
		return fmt.Sprintf("%s://%s", u.network, u.secure.authority())
	}
	return fmt.Sprintf("%s://%s", u.network, u.address)
}

func (s *secure) authority() string { return net.JoinHostPort(s.host, strconv.Itoa(int(s.port))) }
