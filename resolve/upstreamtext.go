package resolve

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

const acceptedUpstream = "an upstream is system, udp://ADDRESS[:PORT], tcp://ADDRESS[:PORT], tls://HOST[:PORT], https://HOST[:PORT]/PATH or " +
	"unix:///PATH; an IPv6 address with a port in brackets; behind tls and https may stand #address=ADDRESS&pin=sha256:BASE64"

const (
	portDNS   = 53
	portTLS   = 853 // RFC 7858 section 3.1
	portHTTPS = 443
	// maxSocketPath is the longest path of an AF_UNIX socket; unix(7).
	maxSocketPath = 107
	maxFragments  = 16 // addresses, and pins, of an upstream
)

// UpstreamError is a text that is no upstream. Problem says why; "" where it is of no form at all.
type UpstreamError struct{ Text, Problem string }

func (e *UpstreamError) Error() string {
	if e.Problem == "" {
		return fmt.Sprintf("upstream %q", e.Text)
	}
	return fmt.Sprintf("upstream %q: %s", e.Text, e.Problem)
}

// Hint says what is accepted.
func (e *UpstreamError) Hint() string { return acceptedUpstream }

// ParseUpstream reads "system", or a URL: udp://ADDRESS[:53], tcp://ADDRESS[:53], tls://HOST[:853] (RFC 7858),
// https://HOST[:443]/PATH (RFC 8484), unix:///PATH (a stream socket, framed as TCP). A tls or https HOST is a name or an
// address; #address=ADDRESS, repeated with &, saves looking the name up, and #pin=sha256:BASE64 takes the place of the system's
// roots (RFC 7858 section 4.2). The error is an [*UpstreamError].
func ParseUpstream(s string) (Upstream, error) {
	if s == "system" {
		return Upstream{}, nil
	}
	network, rest, _ := strings.Cut(s, "://")
	var u Upstream
	var problem string
	switch network {
	case "udp", "tcp":
		u, problem = parsePlain(rest)
	case "tls", "https":
		u, problem = parseSecure(network, rest)
	case "unix":
		u, problem = parseUnix(rest)
	default:
		return Upstream{}, &UpstreamError{Text: s}
	}
	if problem != "" {
		return Upstream{}, &UpstreamError{s, problem}
	}
	u.network = network
	return u, nil
}

func parsePlain(rest string) (Upstream, string) {
	host, port, ok := splitPort(rest, portDNS)
	address, err := netip.ParseAddr(host)
	if !ok || err != nil {
		return Upstream{}, "not an address, with or without a port"
	}
	return Upstream{address: netip.AddrPortFrom(address, port)}, ""
}

func parseUnix(path string) (Upstream, string) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return Upstream{}, "the path is not absolute: there are three slashes, as in unix:///run/dns.sock"
	case len(path) > maxSocketPath || strings.ContainsRune(path, 0):
		return Upstream{}, fmt.Sprintf("no socket can have the path: at most %d bytes, none of them zero", maxSocketPath)
	}
	return Upstream{path: path}, ""
}

func parseSecure(network, rest string) (Upstream, string) {
	rest, fragment, _ := strings.Cut(rest, "#")
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	fallback := uint16(portTLS)
	if network == "https" {
		fallback = portHTTPS
	}
	host, port, ok := splitPort(authority, fallback)
	if host = strings.TrimSuffix(ascii.Lower(host), "."); !ok || !isHost(host) {
		return Upstream{}, "the host is neither a name nor an address, with or without a port"
	}
	server := &secure{host: host, port: port}
	switch {
	case network == "tls" && path != "":
		return Upstream{}, "tls has no path"
	case network == "https":
		path = strings.TrimSuffix(path, "{?dns}") // of an RFC 8484 template: we send by POST
		if _, err := url.ParseRequestURI(path); err != nil || path == "/" {
			return Upstream{}, "https needs the path of the service, which often is /dns-query"
		}
		server.url = "https://" + server.authority() + path
	}
	return Upstream{secure: server}, server.fragment(fragment)
}

// fragment reads address=A&address=A&pin=sha256:BASE64, and says what is wrong with it.
func (s *secure) fragment(text string) string {
	if text == "" {
		return ""
	}
	for part := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "address":
			address, err := netip.ParseAddr(value)
			if err != nil {
				return fmt.Sprintf("%q is no address", value)
			}
			s.addresses = append(s.addresses, address)
		case "pin":
			p, ok := parsePin(value)
			if !ok {
				return fmt.Sprintf("%q is no pin: sha256: and the base64 of 32 bytes", value)
			}
			s.pins = append(s.pins, p)
		default:
			return fmt.Sprintf("%q is neither address=ADDRESS nor pin=sha256:BASE64", part)
		}
	}
	if max(len(s.addresses), len(s.pins)) > maxFragments {
		return fmt.Sprintf("more than %d addresses or pins", maxFragments)
	}
	return ""
}

// splitPort takes HOST, HOST:PORT, [IPV6]:PORT and a bare IPv6 address apart.
func splitPort(s string, fallback uint16) (host string, port uint16, ok bool) {
	if bare, err := netip.ParseAddr(s); err == nil && bare.Is6() && !strings.Contains(s, "]") {
		return s, fallback, true
	}
	var digits string
	var found bool
	if bracketed, isBracketed := strings.CutPrefix(s, "["); isBracketed {
		if host, digits, found = strings.Cut(bracketed, "]"); !found {
			return "", 0, false
		}
		if address, err := netip.ParseAddr(host); err != nil || address.Is4() {
			return "", 0, false
		}
		if digits == "" {
			return host, fallback, true
		}
		digits, found = strings.CutPrefix(digits, ":")
	} else if host, digits, found = strings.Cut(s, ":"); !found {
		return host, fallback, true
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return host, uint16(n), found && err == nil && n != 0
}

// hostName is a name in A-labels whose last one is no number: that would be an address.
var hostName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)
})

func isHost(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Zone() == "" // which no certificate has
	}
	return len(host) <= 253 && hostName().MatchString(host)
}
