package resolve

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Upstream is where questions are asked. The zero value is the system's resolvers.
type Upstream struct {
	network string // "udp" or "tcp"; "" for the system's
	address netip.AddrPort
}

const acceptedUpstream = "an upstream is system, udp://ADDRESS[:PORT] or tcp://ADDRESS[:PORT], an IPv6 address with a port in brackets"

// UpstreamError is a text that is no upstream.
type UpstreamError struct{ Text string }

func (e *UpstreamError) Error() string { return fmt.Sprintf("upstream %q", e.Text) }

// Hint says what is accepted.
func (e *UpstreamError) Hint() string { return acceptedUpstream }

// ParseUpstream reads "system", or a URL of an address: names would have to be resolved first.
func ParseUpstream(s string) (Upstream, error) {
	if s == "system" {
		return Upstream{}, nil
	}
	network, rest, ok := strings.Cut(s, "://")
	if !ok || network != "udp" && network != "tcp" {
		return Upstream{}, &UpstreamError{s}
	}
	if address, err := netip.ParseAddrPort(rest); err == nil && address.Port() != 0 {
		return Upstream{network, address}, nil
	}
	bare, bracketed := strings.CutPrefix(rest, "[")
	if bracketed {
		if bare, ok = strings.CutSuffix(bare, "]"); !ok {
			return Upstream{}, &UpstreamError{s}
		}
	}
	address, err := netip.ParseAddr(bare)
	if err != nil || bracketed && address.Is4() {
		return Upstream{}, &UpstreamError{s}
	}
	return Upstream{network, netip.AddrPortFrom(address, 53)}, nil
}

// servers knows which resolvers to ask, in which order.
type servers struct {
	configured []Upstream
	path       string // resolv.conf

	mu     sync.Mutex
	stamp  stamp
	system []Upstream
	search []string
	err    error
	failed map[Upstream]time.Time
}

// stamp tells versions of a file apart.
type stamp struct {
	modified time.Time
	size     int64
	inode    os.FileInfo
}

const (
	maxNameservers = 3               // MAXNS of resolv.conf(5)
	sickness       = 5 * time.Second // how long an upstream that failed is asked last
	maxResolvConf  = 64 << 10
)

// order lists the upstreams: those that failed lately come last. The error says why the system's are missing.
func (s *servers) order() ([]Upstream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var healthy, sick []Upstream
	var missing error
	for _, u := range s.configured {
		expanded := []Upstream{u}
		if u == (Upstream{}) {
			expanded, missing = s.readSystem()
		}
		for _, u := range expanded {
			if time.Since(s.failed[u]) < sickness {
				sick = append(sick, u)
			} else {
				healthy = append(healthy, u)
			}
		}
	}
	return append(healthy, sick...), missing
}

// report remembers whether an upstream answered.
func (s *servers) report(u Upstream, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		delete(s.failed, u)
		return
	}
	s.failed[u] = time.Now()
}

// readSystem reads resolv.conf again when it has changed.
func (s *servers) readSystem() ([]Upstream, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	if s.stamp.inode != nil && os.SameFile(s.stamp.inode, info) && s.stamp.modified.Equal(info.ModTime()) && s.stamp.size == info.Size() {
		return s.system, s.err
	}
	s.stamp = stamp{info.ModTime(), info.Size(), info}
	s.system, s.search, s.err = nil, nil, nil
	if info.Size() > maxResolvConf {
		s.err = fmt.Errorf("%s has %d bytes", s.path, info.Size())
		return nil, s.err
	}
	config, err := dns.ClientConfigFromFile(s.path)
	if err != nil {
		s.err = err
		return nil, err
	}
	for _, domain := range config.Search {
		if domain = strings.Trim(lower(domain), "."); domain != "" {
			s.search = append(s.search, domain)
		}
	}
	for _, server := range config.Servers[:min(len(config.Servers), maxNameservers)] {
		if address, err := netip.ParseAddr(server); err == nil {
			s.system = append(s.system, Upstream{"udp", netip.AddrPortFrom(address, 53)})
		}
	}
	if len(s.system) == 0 {
		s.err = fmt.Errorf("%s names no nameserver", s.path)
	}
	return s.system, s.err
}
