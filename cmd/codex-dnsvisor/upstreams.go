package main

import (
	"fmt"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// upstreams are those of the flags, else those of the file, else the system's; domains with upstreams of their own are the
// file's.
func (f *policyFlags) upstreams(file *policy.File, c *resolve.Config) error {
	texts := file.DNS.Upstreams
	if len(f.Upstream) > 0 {
		texts = nil
		for _, text := range f.Upstream {
			texts = append(texts, policy.Located{Text: text, Origin: policy.Origin{Flag: "--upstream"}})
		}
	}
	c.Upstreams = []resolve.Upstream{{}}
	var err error
	if texts != nil {
		if c.Upstreams, err = parseUpstreams(texts); err != nil {
			return err
		}
	}
	for _, zone := range file.DNS.Zones {
		upstreams, err := parseUpstreams(zone.Upstreams)
		if err != nil {
			return err
		}
		c.Zones = append(c.Zones, resolve.Zone{Domain: zone.Domain, Upstreams: upstreams})
	}
	if file.DNS.UpstreamOrder == policy.Race {
		c.Order = resolve.Race
	}
	c.Proxy, err = f.upstreamProxy(file)
	return err
}

func parseUpstreams(texts []policy.Located) ([]resolve.Upstream, error) {
	var all []resolve.Upstream
	for _, text := range texts {
		u, err := resolve.ParseUpstream(text.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text.Origin, err)
		}
		all = append(all, u)
	}
	return all, nil
}

func (f *policyFlags) upstreamProxy(file *policy.File) (resolve.Proxy, error) {
	text := file.DNS.UpstreamProxy
	if f.Proxy != "" {
		text = policy.Located{Text: f.Proxy, Origin: policy.Origin{Flag: "--upstream-proxy"}}
	}
	if text.Text == "" {
		return resolve.Proxy{}, nil
	}
	p, err := resolve.ParseProxy(text.Text)
	if err != nil {
		return p, fmt.Errorf("%s: %w", text.Origin, err)
	}
	return p, nil
}
