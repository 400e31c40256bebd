package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
)

// maxServers is how many nameservers a resolver asks: MAXNS of resolv.conf(5).
const maxServers = 3

// probeResolvConf asks what the upstream "system" will ask. Loopback addresses are fine: it is the supervisor that
// asks them, outside.
func probeResolvConf(h *host) answer {
	text, err := h.read("etc/resolv.conf")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return no("not there")
	case err != nil:
		return no(err.Error())
	}
	servers, bad := nameservers(text)
	switch {
	case len(bad) > 0:
		return noBut(fmt.Sprintf("nameserver %q is no address", bad[0]), "mend /etc/resolv.conf, or give --upstream")
	case len(servers) == 0:
		return no("no nameserver in it")
	}
	var words []string
	for i, a := range servers {
		word := a.String()
		if i >= maxServers {
			words = append(words, fmt.Sprintf("%d more that resolvers do not ask", len(servers)-i))
			break
		}
		words = append(words, word)
	}
	return yes(strings.Join(words, ", "))
}

// nameservers reads resolv.conf(5): the addresses, zones included, and what stands in their place.
func nameservers(text string) (servers []netip.Addr, bad []string) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		a, err := netip.ParseAddr(fields[1])
		if err != nil {
			bad = append(bad, fields[1])
			continue
		}
		servers = append(servers, a)
	}
	return servers, bad
}
