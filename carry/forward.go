package carry

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Forward is one way out: who connects to Listen inside is connected to a target outside.
type Forward struct {
	Text   string           // as it was written, or the variable that names it
	Listen []netip.AddrPort // inside, loopback; localhost is two
	Target []Address        // outside; the first that takes the connection
	Auto   bool             // nobody asked for it by name
}

// Address is a target: Network is "tcp" or "unix", as package net has it.
type Address struct{ Network, Address string }

// String is the address for people: a path, or host and port.
func (a Address) String() string {
	if a.Network == unixNetwork {
		return unixPrefix + a.Address
	}
	return a.Address
}

const (
	tcpNetwork  = "tcp"
	unixNetwork = "unix"
	unixPrefix  = "unix:"
	localhost   = "localhost"
	stubPort    = 53 // taken inside
)

var (
	loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = netip.IPv6Loopback()
)

// SpecError says why a text is no forward.
type SpecError struct{ Text, Problem string }

func (e *SpecError) Error() string { return strconv.Quote(e.Text) + ": " + e.Problem }

// Hint says what is accepted.
func (e *SpecError) Hint() string {
	return "[HOST:]PORT[:TARGET], HOST a loopback address, TARGET a port, HOST:PORT or unix:/path; for example 8080, [::1]:8080, 8080:3128, 5432:unix:/run/postgresql/.s.PGSQL.5432"
}

// Parse reads [HOST:]PORT[:TARGET]. Without a host it is localhost, which is 127.0.0.1 and ::1; without a target, the same host
// and port. The error is a [*SpecError].
func Parse(text string) (Forward, error) {
	host, rest, err := cutHost(text)
	if err != nil {
		return Forward{}, &SpecError{text, err.Error()}
	}
	word, target, targeted := strings.Cut(rest, ":")
	port, err := parsePort(word)
	if err != nil {
		return Forward{}, &SpecError{text, err.Error()}
	}
	f, err := local(host, port)
	if err == nil && targeted {
		f.Target, err = parseTarget(target)
	}
	if err != nil {
		return Forward{}, &SpecError{text, err.Error()}
	}
	f.Text = text
	return f, nil
}

// local is the forward of a loopback address to the same outside.
func local(host string, port uint16) (Forward, error) {
	if port == stubPort {
		return Forward{}, fmt.Errorf("port %d is where names are resolved inside", stubPort)
	}
	addrs, err := loopbacks(host)
	if err != nil {
		return Forward{}, err
	}
	var f Forward
	for _, a := range addrs {
		at := netip.AddrPortFrom(a, port)
		f.Listen = append(f.Listen, at)
		f.Target = append(f.Target, Address{tcpNetwork, at.String()})
	}
	return f, nil
}

// loopbacks are the addresses of a host of this machine.
func loopbacks(host string) ([]netip.Addr, error) {
	if strings.EqualFold(host, localhost) {
		return []netip.Addr{loopback4, loopback6}, nil
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !a.Unmap().IsLoopback() || a.Zone() != "" {
		return nil, fmt.Errorf("%q is no loopback address", host)
	}
	return []netip.Addr{a.Unmap()}, nil
}

// cutHost splits the host off: an address in brackets, or what is not all digits.
func cutHost(text string) (host, rest string, err error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		host, rest, ok = strings.Cut(inner, "]:")
		if !ok {
			return "", "", fmt.Errorf("there is no ]: behind the address")
		}
		return host, rest, nil
	}
	word, after, more := strings.Cut(text, ":")
	if strings.Trim(word, "0123456789") == "" {
		return localhost, text, nil
	}
	if !more {
		return "", "", fmt.Errorf("there is no port")
	}
	if word == strings.TrimSuffix(unixPrefix, ":") {
		return "", "", fmt.Errorf("there is no port to listen on inside")
	}
	return word, after, nil
}

func parsePort(word string) (uint16, error) {
	n, err := strconv.ParseUint(word, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port", word)
	}
	return uint16(n), nil
}

// parseTarget reads a port of this machine, host and port, or a path.
func parseTarget(text string) ([]Address, error) {
	if path, ok := strings.CutPrefix(text, unixPrefix); ok {
		if !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("%q is no absolute path", path)
		}
		return []Address{{unixNetwork, path}}, nil
	}
	host, word := localhost, text
	if strings.Trim(text, "0123456789") != "" {
		var err error
		if host, word, err = net.SplitHostPort(text); err != nil || host == "" {
			return nil, fmt.Errorf("the target %q is no port, no HOST:PORT and no unix:/path", text)
		}
	}
	port, err := parsePort(word)
	if err != nil {
		return nil, fmt.Errorf("the target's %w", err)
	}
	if !strings.EqualFold(host, localhost) {
		return []Address{{tcpNetwork, net.JoinHostPort(host, word)}}, nil
	}
	var all []Address
	for _, a := range []netip.Addr{loopback4, loopback6} {
		all = append(all, Address{tcpNetwork, netip.AddrPortFrom(a, port).String()})
	}
	return all, nil
}
