package policy

import (
	"fmt"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

func (r *reader) upstreams(e entry) error {
	const accepted = `an array of strings: "system", "udp://ADDRESS[:PORT]", "tcp://ADDRESS[:PORT]"`
	if e.value.Kind != unstable.Array {
		failure := r.wrongType(e, "an array")
		failure.Accepted = accepted
		return failure
	}
	r.file.DNS.Upstreams = []Located{}
	for children := e.value.Children(); children.Next(); {
		item := entry{name: e.name, key: e.key, at: e.at, value: children.Node()}
		if item.value.Kind != unstable.Array { // the parser notes no place for an array
			item.at = int(item.value.Raw.Offset)
		}
		text, err := r.text(item)
		switch {
		case err != nil:
			return r.fail(item.at, "an upstream must be a string", accepted)
		case text == "":
			return r.fail(item.at, "an upstream must not be empty", accepted)
		case len(r.file.DNS.Upstreams) == MaxUpstreams:
			return r.fail(item.at, fmt.Sprintf("there are more than %d upstreams", MaxUpstreams), accepted)
		}
		r.file.DNS.Upstreams = append(r.file.DNS.Upstreams, Located{Text: text, Origin: r.places.at(item.at)})
	}
	return nil
}

func (r *reader) denyWith(e entry) error {
	word, err := r.text(e)
	if err != nil {
		return err
	}
	how, err := ParseDenyWith(word)
	if err != nil {
		failure := r.fail(e.at, "deny-with: "+err.Error(), "nxdomain, refused, nodata or errno")
		failure.Err = err
		return failure
	}
	r.file.DNS.DenyWith = how
	return nil
}

func (r *reader) cacheSize(e entry) error {
	if e.value.Kind != unstable.Integer {
		return r.wrongType(e, "an integer")
	}
	n, err := r.integer(e)
	if err != nil {
		return err
	}
	if n < 0 || n > MaxCacheSize {
		return r.fail(e.at, fmt.Sprintf("dns.cache-size of %d is not between 0 and %d", n, MaxCacheSize), "a number of entries; 0 is no cache")
	}
	size := int(n)
	r.file.DNS.CacheSize = &size
	return nil
}

func (r *reader) minimumTTL(e entry) (err error) {
	r.minTTL = e.at
	r.file.DNS.MinTTL, err = r.ttl(e)
	return err
}

func (r *reader) maximumTTL(e entry) (err error) {
	r.file.DNS.MaxTTL, err = r.ttl(e)
	return err
}

func (r *reader) ttl(e entry) (*time.Duration, error) {
	d, err := r.duration(e, 0, MaxTTL)
	if err == nil && *d%time.Second != 0 {
		return nil, r.fail(e.at, fmt.Sprintf("%s of %s is not whole seconds", e.name, *d), "a TTL counts whole seconds")
	}
	return d, err
}

func (r *reader) timeout(e entry) (err error) {
	r.file.DNS.Timeout, err = r.duration(e, MinTimeout, MaxTimeout)
	return err
}

// checkTTLs runs at the end of the file, since either TTL may come first.
func (r *reader) checkTTLs() error {
	least, most := r.file.DNS.MinTTL, r.file.DNS.MaxTTL
	if least == nil || most == nil || *least <= *most {
		return nil
	}
	return r.fail(r.minTTL, fmt.Sprintf("dns.min-ttl of %s is more than dns.max-ttl of %s", *least, *most), "")
}
