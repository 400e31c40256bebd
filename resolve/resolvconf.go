package resolve

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

const (
	maxNameservers = 3 // MAXNS of resolv.conf(5)
	maxResolvConf  = 64 << 10
)

// stamp tells versions of a file apart.
type stamp struct {
	modified time.Time
	size     int64
	inode    os.FileInfo
}

// mayChange says whether this process could write a file, or put another in its place.
func mayChange(path string) bool {
	places := []string{path, filepath.Dir(path)}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		places = append(places, filepath.Dir(real))
	}
	return slices.ContainsFunc(places, func(place string) bool {
		var info unix.Stat_t
		return unix.Access(place, unix.W_OK) == nil || unix.Stat(place, &info) == nil && int(info.Uid) == os.Geteuid()
	})
}

// readSystem reads resolv.conf again when it has changed.
func (s *servers) readSystem() ([]Upstream, error) {
	if s.held {
		return s.system, s.err
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	if s.stamp.inode != nil && os.SameFile(s.stamp.inode, info) && s.stamp.modified.Equal(info.ModTime()) && s.stamp.size == info.Size() {
		return s.system, s.err
	}
	read := stamp{info.ModTime(), info.Size(), info}
	s.stamp = stamp{}
	s.system, s.search, s.err = nil, nil, nil
	if info.Size() > maxResolvConf {
		s.stamp, s.err = read, fmt.Errorf("%s has %d bytes", s.path, info.Size())
		return nil, s.err
	}
	config, err := dns.ClientConfigFromFile(s.path)
	if err != nil {
		s.err = err // perhaps of the moment, such as EMFILE: it is read again
		return nil, err
	}
	s.stamp = read
	for _, domain := range config.Search {
		if domain = strings.Trim(ascii.Lower(domain), "."); domain != "" {
			s.search = append(s.search, domain)
		}
	}
	for _, server := range config.Servers[:min(len(config.Servers), maxNameservers)] {
		if address, err := netip.ParseAddr(server); err == nil {
			s.system = append(s.system, Upstream{network: "udp", address: netip.AddrPortFrom(address, portDNS)})
		}
	}
	if len(s.system) == 0 {
		s.err = fmt.Errorf("%s names no nameserver", s.path)
	}
	return s.system, s.err
}
