package policy

import (
	"fmt"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

func (r *reader) types(e entry) (err error) {
	r.file.DNS.Types, err = r.texts(e, "type", MaxTypes, `an array of strings: "A", "AAAA"`)
	return err
}

// texts reads an array of strings that are not empty; what is the word for one of them. The array is never nil.
func (r *reader) texts(e entry, what string, most int, accepted string) ([]Located, error) {
	if e.value.Kind != unstable.Array {
		failure := r.wrongType(e, "an array")
		failure.Accepted = accepted
		return nil, failure
	}
	all := []Located{}
	for children := e.value.Children(); children.Next(); {
		item := entry{table: e.table, key: e.key, at: e.at, value: children.Node()}
		if item.value.Kind != unstable.Array { // the parser notes no place for an array
			item.at = int(item.value.Raw.Offset)
		}
		text, err := r.text(item)
		switch {
		case err != nil:
			return nil, r.fail(item.at, article(what)+" must be a string", accepted)
		case text == "":
			return nil, r.fail(item.at, article(what)+" must not be empty", accepted)
		case len(all) == most:
			return nil, r.fail(item.at, fmt.Sprintf("there are more than %d %ss", most, what), accepted)
		}
		all = append(all, Located{Text: text, Origin: r.places.at(item.at)})
	}
	return all, nil
}

func article(noun string) string {
	if noun[0] == 'u' {
		return "an " + noun
	}
	return "a " + noun
}

func (r *reader) ptr(e entry) error {
	return word(r, e, &r.file.DNS.PTR, ptrModeWords[:])
}

func (r *reader) private(e entry) error {
	effect := Allow
	err := word(r, e, &effect, []string{Deny: Deny.String(), Allow: Allow.String()})
	r.file.DNS.DenyPrivate = effect == Deny
	return err
}

func (r *reader) upstreamOrder(e entry) error {
	return word(r, e, &r.file.DNS.UpstreamOrder, upstreamOrderWords[:])
}

func (r *reader) denyWith(e entry) error {
	return word(r, e, &r.file.DNS.DenyWith, denyWithWords[:])
}

// word reads one of a few words, whose index is the value.
func word[T ~uint8](r *reader, e entry, to *T, words []string) error {
	text, err := r.text(e)
	if err != nil {
		return err
	}
	if *to, err = parseWord[T](words, text); err != nil {
		failure := r.fail(e.at, e.key+": "+err.Error(), listed(words))
		failure.Err = err
		return failure
	}
	return nil
}

func (r *reader) cacheSize(e entry) error {
	size, err := r.count(e, 0, MaxCacheSize, "a number of entries; 0 is no cache")
	if err == nil {
		r.file.DNS.CacheSize = &size
	}
	return err
}

// limit reads a key of [dns.budget].
func limit(most int, field func(*Limits) *int) func(*reader, entry) error {
	return func(r *reader, e entry) error {
		n, err := r.count(e, 1, most, fmt.Sprintf("an integer from 1 to %d; without the key, the default holds", most))
		if err == nil {
			*field(&r.file.DNS.Budget) = n
		}
		return err
	}
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
		return nil, r.fail(e.at, fmt.Sprintf("%s of %s is not whole seconds", e.name(), *d), "a TTL counts whole seconds")
	}
	return d, err
}

func (r *reader) timeout(e entry) (err error) {
	r.file.DNS.Timeout, err = r.duration(e, MinTimeout, MaxTimeout)
	return err
}

func (r *reader) minimumLease(e entry) (err error) {
	r.minLease = e.at
	r.file.DNS.MinLease, err = r.duration(e, 0, LongestLease)
	return err
}

func (r *reader) maximumLease(e entry) (err error) {
	r.file.DNS.MaxLease, err = r.duration(e, 0, LongestLease)
	return err
}

func (r *reader) stale(e entry) (err error) {
	r.file.DNS.Stale, err = r.duration(e, 0, MaxStale)
	return err
}

// checkOrders runs at the end of the file, since either of two bounds may come first.
func (r *reader) checkOrders() error {
	d := r.file.DNS
	if err := r.checkOrder("ttl", d.MinTTL, d.MaxTTL, r.minTTL); err != nil {
		return err
	}
	if err := r.checkOrder("lease", d.MinLease, d.MaxLease, r.minLease); err != nil {
		return err
	}
	return nil
}

func (r *reader) checkOrder(what string, least, most *time.Duration, at int) *Error {
	if least == nil || most == nil || *least <= *most {
		return nil
	}
	return r.fail(at, fmt.Sprintf("dns.min-%s of %s is more than dns.max-%s of %s", what, *least, what, *most), "")
}
