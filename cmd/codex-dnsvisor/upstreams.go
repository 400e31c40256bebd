package main

import (
	"fmt"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// overrideUpstreams puts the upstreams and the proxy of the flags in place of the file's, but for its domains.
func (f *policyFlags) overrideUpstreams(d *policy.DNS) {
	located := func(text, flag string) policy.Located {
		return policy.Located{Text: text, Origin: policy.Origin{Flag: flag}}
	}
	if len(f.Upstream) > 0 {
		d.Upstreams = nil
	}
	for _, text := range f.Upstream {
		d.Upstreams = append(d.Upstreams, located(text, "--upstream"))
	}
	if f.Proxy != "" {
		d.UpstreamProxy = located(f.Proxy, "--upstream-proxy")
	}
}

// upstreams are those of the file, else the system's.
func upstreams(file *policy.File, c *resolve.Config) error {
	c.Upstreams = []resolve.Upstream{{}}
	var err error
	if texts := file.DNS.Upstreams; texts != nil {
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
	c.Proxy, err = upstreamProxy(file.DNS.UpstreamProxy)
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

func upstreamProxy(text policy.Located) (resolve.Proxy, error) {
	if text.Text == "" {
		return resolve.Proxy{}, nil
	}
	p, err := resolve.ParseProxy(text.Text)
	if err != nil {
		return p, fmt.Errorf("%s: %w", text.Origin, err)
	}
	return p, nil
}
