package suggest

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// Bounds of what is remembered.
const (
	MaxNames     = 50_000
	maxCalls     = 1000
	maxAddresses = 1 << 16
	maxMissing   = 10_000
)

// DefaultSiblings is how many siblings get rules of their own.
const DefaultSiblings = 8

// Options are what a [Gatherer] may be told. The zero value is good.
type Options struct {
	Siblings int           // more than so many names below one parent get a wildcard; zero is DefaultSiblings, below zero that none do
	Rules    []policy.Rule // of the policy that is to be added to
	// Takes says why the format that the rules are for has no rule for a name, or "". Nil takes all.
	Takes func(pattern string) string
}

// Gatherer remembers what was denied.
type Gatherer struct {
	opts      Options
	names     map[string]*name
	domains   map[string]*domain
	calls     map[string]*Seen
	addresses map[netip.Addr]struct{} // that answers had
	missing   map[string]*Seen        // names that were allowed, and do not exist
	left      int64                   // events of names that are not remembered
}

// name is one that was denied.
type name struct {
	Seen
	text    string
	normal  string // as rules know it; "" where they cannot
	reasons []string
	rule    string // that denied it
}

// domain is what was denied below one that can be registered.
type domain struct {
	names int
	more  Seen // of names beyond those that look like data for their number
}

// New makes a gatherer that has seen nothing.
func New(opts Options) *Gatherer {
	if opts.Siblings == 0 {
		opts.Siblings = DefaultSiblings
	}
	return &Gatherer{opts: opts, names: map[string]*name{}, domains: map[string]*domain{}, calls: map[string]*Seen{}, addresses: map[netip.Addr]struct{}{}, missing: map[string]*Seen{}}
}

// Add takes an event, and keeps nothing of its memory.
func (g *Gatherer) Add(e *review.Event) {
	for _, answer := range e.Answers {
		if addr, err := netip.ParseAddr(answer); err == nil && len(g.addresses) < maxAddresses {
			g.addresses[addr.Unmap()] = struct{}{}
		}
	}
	switch {
	case !e.Denied() && !e.Observed:
		g.missed(e)
	case e.Asked():
		g.asked(e)
	case e.Name == audit.BlockDecision || e.Name == review.CodexDecision:
		g.called(e)
	}
}

// missed remembers names that search lists are tried for.
func (g *Gatherer) missed(e *review.Event) {
	if e.ResponseCode != "NXDOMAIN" || !e.Asked() {
		return
	}
	s := g.missing[e.ServerAddress]
	if s == nil && len(g.missing) < maxMissing {
		s = &Seen{}
		g.missing[strings.Clone(e.ServerAddress)] = s
	}
	if s != nil {
		s.add(e)
	}
}

func (g *Gatherer) asked(e *review.Event) {
	n := g.names[e.ServerAddress]
	if n == nil {
		if n = g.remember(e); n == nil {
			return
		}
	}
	n.add(e)
	n.reasons = with(n.reasons, e.Reason)
	if n.rule == "" {
		n.rule = strings.Clone(e.Rule)
	}
}

// remember makes room for a name; of a domain below which there are many, for no more.
func (g *Gatherer) remember(e *review.Event) *name {
	of := review.Domain(e.ServerAddress)
	d := g.domains[of]
	if d != nil && d.names >= review.Many {
		d.more.add(e)
		return nil
	}
	if len(g.names) >= MaxNames {
		g.left++
		return nil
	}
	if d == nil {
		d = &domain{}
		g.domains[strings.Clone(of)] = d
	}
	d.names++
	n := &name{text: strings.Clone(e.ServerAddress)}
	g.names[n.text] = n
	return n
}

func (g *Gatherer) called(e *review.Event) {
	to := e.ServerAddress
	if e.ServerPort != 0 {
		to = net.JoinHostPort(to, strconv.Itoa(e.ServerPort))
	}
	key := fmt.Sprintf("%s %s", e.Transport, to)
	s := g.calls[key]
	if s == nil {
		if len(g.calls) >= maxCalls {
			g.left++
			return
		}
		s = &Seen{}
		g.calls[key] = s
	}
	s.add(e)
}
