package policy

import (
	"errors"
	"fmt"
	"slices"
)

const acceptedUpstreams = `an array of strings: "system", "udp://ADDRESS[:PORT]", "tcp://ADDRESS[:PORT]", "tls://HOST[:PORT]", ` +
	`"https://HOST[:PORT]/PATH", "unix:///PATH"`

// upstreams reads the array that is for every name.
func (r *reader) upstreams(e entry) (err error) {
	r.file.DNS.Upstreams, err = r.texts(e, "upstream", MaxUpstreams, acceptedUpstreams)
	return err
}

// zoneUpstreams reads "corp.example" = [...] of [dns.upstreams]; "." is every name of no other domain.
func (r *reader) zoneUpstreams(e entry) error {
	domain, err := Normalise(e.key)
	if err != nil {
		failure := r.fail(e.keyAt, err.Error(), quoteDomain)
		failure.Err = err
		if name, ok := errors.AsType[*NameError](err); ok {
			failure.Msg = fmt.Sprintf("%q is no domain: %s", name.Name, name.Problem)
		}
		return failure
	}
	if domain == "" {
		return r.rootUpstreams(e)
	}
	dns := &r.file.DNS
	switch same := func(z UpstreamZone) bool { return z.Domain == domain }; {
	case slices.ContainsFunc(dns.Zones, same):
		return r.fail(e.keyAt, fmt.Sprintf("the domain %s is already there", domain), "one array has all upstreams of a domain")
	case len(dns.Zones) == MaxUpstreamZones:
		return r.fail(e.keyAt, fmt.Sprintf("there are more than %d domains", MaxUpstreamZones), "a domain is for all names below it too")
	}
	upstreams, err := r.texts(e, "upstream", MaxUpstreams, acceptedUpstreams)
	if err != nil {
		return err
	}
	dns.Zones = append(dns.Zones, UpstreamZone{Domain: domain, Upstreams: upstreams, Origin: r.places.at(e.keyAt)})
	return nil
}

// rootUpstreams takes "." alone for the root: an empty key is a slip.
func (r *reader) rootUpstreams(e entry) error {
	if e.key != "." {
		return r.fail(e.keyAt, "the domain is empty", quoteDomain)
	}
	return r.upstreams(e)
}

func (r *reader) upstreamProxy(e entry) error {
	text, err := r.text(e)
	if err != nil {
		return err
	}
	if text == "" {
		return r.fail(e.at, "an upstream proxy must not be empty", `"http://HOST:PORT" or "socks5://HOST:PORT"`)
	}
	r.file.DNS.UpstreamProxy = Located{Text: text, Origin: r.places.at(e.at)}
	return nil
}
