package resolve

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Zone is a domain about which others are asked (split horizon): about the domain and all names below it, except where a
// longer one holds.
type Zone struct {
	Domain    string     // normalised
	Upstreams []Upstream // in order; empty: nobody is asked
}

// Order is how the upstreams of a list are asked. The zero value is Failover.
type Order uint8

// The orders.
const (
	Failover Order = iota // the next when one has failed
	Race                  // the next, too, when one has not answered after 50 ms; two at most at once
)

// servers knows which resolvers to ask, in which order.
type servers struct {
	configured []Upstream
	zones      map[string][]Upstream
	lanes      int    // how many are asked at once
	path       string // resolv.conf
	held       bool   // it is not read again
	exchanger  *exchanger

	mu     sync.Mutex
	stamp  stamp
	system []Upstream
	search []string
	err    error
	failed map[Upstream]time.Time
}

// Sockets are the paths of the unix upstreams, those of zones too.
func (r *Resolver) Sockets() []string {
	var paths []string
	add := func(upstreams []Upstream) {
		for _, u := range upstreams {
			if u.network == "unix" {
				paths = append(paths, u.path)
			}
		}
	}
	add(r.servers.configured)
	for _, upstreams := range r.servers.zones {
		add(upstreams)
	}
	return paths
}

// newServers makes what asks upstreams; its connections end with ctx.
func newServers(ctx context.Context, c *Config) *servers {
	s := &servers{
		configured: c.Upstreams, zones: map[string][]Upstream{}, lanes: 1, path: c.ResolvConf,
		exchanger: newExchanger(ctx, c.Proxy), failed: map[Upstream]time.Time{},
	}
	for _, zone := range c.Zones {
		s.zones[zone.Domain] = zone.Upstreams
	}
	if c.Order == Race {
		s.lanes = 2
	}
	if c.HoldSystem && mayChange(c.ResolvConf) {
		_, s.err = s.readSystem()
		s.held = true
	}
	return s
}

// succeed takes what a predecessor holds.
func (s *servers) succeed(before *servers) {
	if s.held && before.held && s.path == before.path {
		s.system, s.search, s.err = before.system, before.search, before.err
	}
}

// sickness is how long an upstream that failed is asked last.
const sickness = 5 * time.Second

// zone is the longest of the domains with upstreams of their own that a name is in; false where it is in none. The name is
// normalised, with its trailing dot or without.
func (s *servers) zone(name string) (string, bool) {
	name = strings.TrimSuffix(name, ".")
	for at, end := 0, false; !end && len(s.zones) > 0; at, end = dns.NextLabel(name, at) {
		if _, ok := s.zones[name[at:]]; ok {
			return name[at:], true
		}
	}
	return "", false
}

// order lists the upstreams to ask about a name, as zone takes it: those that failed lately come last. The error says why the
// system's are missing.
func (s *servers) order(name string) ([]Upstream, error) {
	configured := s.configured
	if zone, ok := s.zone(name); ok {
		configured = s.zones[zone]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var healthy, sick []Upstream
	var missing error
	for _, u := range configured {
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
