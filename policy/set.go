package policy

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// maxPresentation is the length of the longest name in presentation form: 255 octets, each escaped as \DDD.
const maxPresentation = 4 * 255

// Set is a policy: rules with an index. It does not change and is safe for concurrent use. A nil Set denies everything.
type Set struct {
	lists       [][]Rule
	ready       func() // what follows is there
	deny, allow table
	above       map[string]*Rule // the names above those that a rule allows
}

// New makes a set of a copy of the rules. What order they have matters to which rule is reported alone.
func New(rules []Rule) *Set { return Take(slices.Clone(rules)) }

// manyRules are so many that others have something else to do while they are indexed.
const manyRules = 4096

// Take is New without the copy, of several lists one after the other: nobody may change them any more. An index of many rules is made while the caller
// goes on, and who asks for a decision before waits for it.
func Take(lists ...[]Rule) *Set {
	s := &Set{lists: lists}
	s.ready = sync.OnceFunc(s.index)
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	if n < manyRules {
		s.ready()
	} else {
		go s.ready()
	}
	return s
}

func (s *Set) index() {
	denied, allowed := 0, 0 // names
	for _, r := range s.all() {
		switch {
		case r.Pattern.kind != exact:
		case r.Effect == Allow:
			allowed++
		default:
			denied++
		}
	}
	s.deny.exact, s.allow.exact = newIndex(s.lists, denied), newIndex(s.lists, allowed)
	for n, r := range s.all() {
		if r.Effect == Allow {
			s.allow.add(n, r)
			s.raise(r)
		} else {
			s.deny.add(n, r)
		}
	}
}

// all are the rules in their order, with their numbers.
func (s *Set) all() iter.Seq2[int, *Rule] {
	return func(yield func(int, *Rule) bool) {
		n := 0
		for _, list := range s.lists {
			for i := range list {
				if !yield(n, &list[i]) {
					return
				}
				n++
			}
		}
	}
}

// raise notes the names above those that a rule allows.
func (s *Set) raise(r *Rule) {
	name := r.Pattern.body
	switch r.Pattern.kind {
	case exact, atAndUnder:
		_, name, _ = strings.Cut(name, ".")
	case below:
	default:
		return
	}
	if s.above == nil {
		s.above = map[string]*Rule{}
	}
	for s.above[name] == nil { // else those above it are there too
		s.above[name] = r
		if name == "" {
			return
		}
		_, name, _ = strings.Cut(name, ".")
	}
}

// Above returns a rule that allows names below a normalised one, or nil; globs and "*" do not count. What is asked of
// the names above allowed ones is their keys: whoever validates has to.
func (s *Set) Above(name string) *Rule {
	if s == nil {
		return nil
	}
	s.ready()
	return s.above[name]
}

// Rules returns a copy of the rules, in their order.
func (s *Set) Rules() []Rule {
	if s == nil {
		return nil
	}
	return slices.Concat(s.lists...)
}

// Decide decides a normalised name that a client asked for. A rule that denies beats one that allows; of several the
// most specific is reported (the name itself, the longest suffix, a glob, "*"), and the first of equal ones. ASCII case
// and a trailing dot are normalised if need be; any other text is denied. It does not allocate for normalised names.
//
// A name that no rule is about, and that is a service label below an owner (see [ServiceOwner]), is decided as its owner is,
// and the decision's Service says so. A rule that denies the owner outweighs a wildcard that allows the label, too.
//
// A name of special use is decided as any other. Whoever asks upstreams must not ask about it unless the decision is Named.
func (s *Set) Decide(name string) Decision {
	folded, normal := fold(name)
	d := s.decide(folded, normal)
	if d.Special = specialOf(folded); d.Special == Ordinary {
		return d
	}
	d.Named = d.Rule != nil && d.Rule.Pattern.names(d.Special.Zone())
	if d.Special == Localhost && d.Rule == nil {
		d.Reason = ReasonNotAllowedLocal
	}
	return d
}

// decide decides a folded name, whatever zone it is in.
func (s *Set) decide(folded string, normal bool) Decision {
	none := Decision{Effect: Deny, Reason: ReasonNotAllowed}
	if s == nil {
		return none
	}
	s.ready()
	if r := s.denied(folded); r != nil {
		return Decision{Effect: Deny, Reason: ReasonDenied, Rule: r}
	}
	if !normal {
		return none
	}
	if r := s.allow.find(folded); r != nil {
		if owner := s.deniedOwner(folded, r); owner != nil {
			return Decision{Effect: Deny, Reason: ReasonDenied, Rule: owner, Service: true}
		}
		return Decision{Effect: Allow, Rule: r}
	}
	if d := s.service(folded); d.Rule != nil {
		return d
	}
	return none
}

// deniedOwner is the rule that denies the owner of a service label: to a label that another rule allows it counts, but not to
// one that a rule names.
func (s *Set) deniedOwner(name string, allowed *Rule) *Rule {
	owner, ok := serviceOwner(name)
	if !ok || allowed != nil && allowed.Pattern.Exact() {
		return nil
	}
	return s.denied(owner)
}

// service decides a normalised name by the rules for its owner; without one, the decision has no rule.
func (s *Set) service(name string) Decision {
	owner, ok := serviceOwner(name)
	if !ok {
		return Decision{}
	}
	if r := s.denied(owner); r != nil {
		return Decision{Effect: Deny, Reason: ReasonDenied, Rule: r, Service: true}
	}
	if r := s.allow.find(owner); r != nil {
		return Decision{Effect: Allow, Rule: r, Service: true}
	}
	return Decision{}
}

// Denied returns the rule that denies a name explicitly, or nil: for names further down a CNAME chain, which need no
// rule that allows them. It takes any name in presentation form, escapes too, and rather denies one too many: an escaped
// dot is taken for a dot. The rule is shared, so not to be changed.
func (s *Set) Denied(name string) *Rule {
	if s == nil {
		return nil
	}
	s.ready()
	folded, normal := fold(name)
	if r := s.denied(folded); r != nil || !normal {
		return r
	}
	return s.deniedOwner(folded, s.allow.find(folded))
}

// denied looks at the end alone of what is too long to be a name, so that the work stays bounded.
func (s *Set) denied(folded string) *Rule {
	return s.deny.find(folded[max(0, len(folded)-maxPresentation):])
}
