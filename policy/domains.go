package policy

import (
	"errors"
	"fmt"
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
	word, err := r.text(e)
	if err != nil {
		return err
	}
	rule := Rule{Pattern: pattern, Origin: r.places.at(e.keyAt)}
	switch word {
	case Allow.String():
		rule.Effect = Allow
	case Deny.String():
		rule.Effect = Deny
	default:
		return r.fail(e.at, fmt.Sprintf("%q is no effect of a rule", cut(word)), `a rule is "allow" or "deny"`)
	}
	r.file.Rules = append(r.file.Rules, rule)
	return nil
}
