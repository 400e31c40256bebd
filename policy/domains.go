package policy

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"
)

// domain reads "pattern" = "allow" or "deny" of [network.domains].
func (r *reader) domain(e entry) error {
	pattern, err := ParsePattern(e.key)
	if err != nil {
		failure := r.fail(e.keyAt, err.Error(), "")
		failure.Err = err
		if hinted, ok := errors.AsType[*PatternError](err); ok {
			failure.Accepted = hinted.Hint()
		}
		return failure
	}
	if r.file.Rules == nil {
		r.expect(r.data[e.keyAt:])
	}
	r.file.Rules = append(r.file.Rules, Rule{Pattern: pattern, Origin: r.places.at(e.keyAt)})
	rule := &r.file.Rules[len(r.file.Rules)-1]
	if !r.first(e.key) {
		return r.fail(e.keyAt, e.name()+" is already defined", "")
	}
	if e.value.Kind != unstable.String {
		return r.wrongType(e, "a string")
	}
	switch string(e.value.Data) {
	case Allow.String():
		rule.Effect = Allow
	case Deny.String():
	default:
		return r.fail(e.at, fmt.Sprintf("%q is no effect of a rule", cut(string(e.value.Data))), `a rule is "allow" or "deny"`)
	}
	return nil
}

// expect makes room for as many rules as can be in a text, the last of which may be wrong.
func (r *reader) expect(text []byte) {
	most := min(bytes.Count(text, []byte("=")), len(text)/len(`a="deny"`)+1)
	r.file.Rules = make([]Rule, 0, most)
	r.names = newIndex([][]Rule{r.file.Rules[:most]}, most)
	r.kept.Grow(len(text))
}

// first says whether the key of the last rule is not there yet. One that is a name as it is written is found by its rule.
func (r *reader) first(key string) bool {
	last := len(r.file.Rules) - 1
	if r.file.Rules[last].Pattern == (Pattern{exact, key}) {
		return r.names.add(last, key)
	}
	if r.odd[key] {
		return false
	}
	if r.odd == nil {
		r.odd = map[string]bool{}
	}
	r.odd[key] = true
	return true
}

// rule is keyValue for a key of one part below the header of the rules. Of a hundred thousand that is most of the work, so nothing is made for one that its
// rule does not keep.
func (r *reader) rule(key, value *unstable.Node) error {
	return r.domain(entry{
		table: r.table, key: r.kept.keep(key.Data), keyAt: int(key.Raw.Offset),
		at: r.valueOffset(int(key.Raw.Offset + key.Raw.Length)), value: value,
	})
}
