package policy

import "strings"

// table is the index of the rules of one effect. The zero value is empty.
type table struct {
	exact   index
	suffix  map[string]suffixRules
	longest int // length of the longest key of suffix
	globs   []*Rule
	every   *Rule
}

// suffixRules are the first rules about a domain: at is for its own name, under for its subdomains.
type suffixRules struct{ at, under *Rule }

// add adds a rule, which has a number in the index.
func (t *table) add(n int, r *Rule) {
	body := r.Pattern.body
	switch r.Pattern.kind {
	case exact:
		t.exact.add(n, body)
	case below, atAndUnder:
		t.addSuffix(body, r)
	case glob, globBelow, globBoth:
		t.globs = append(t.globs, r)
	case every:
		if t.every == nil {
			t.every = r
		}
	case nothing, address: // no name is one
	}
}

func (t *table) addSuffix(domain string, r *Rule) {
	if t.suffix == nil {
		t.suffix = map[string]suffixRules{}
	}
	rules := t.suffix[domain]
	if rules.under == nil {
		rules.under = r
	}
	if rules.at == nil && r.Pattern.kind == atAndUnder {
		rules.at = r
	}
	t.suffix[domain] = rules
	t.longest = max(t.longest, len(domain))
}

// find returns the most specific rule for a name, the first of equal ones, or nil.
func (t *table) find(name string) *Rule {
	if r := t.exact.find(name); r != nil {
		return r
	}
	if r := t.suffix[name].at; r != nil {
		return r
	}
	if r := t.findUnder(name); r != nil {
		return r
	}
	for _, r := range t.globs {
		if r.Pattern.match(name) {
			return r
		}
	}
	return t.every
}

// findUnder looks the name's parents up, the longest first.
func (t *table) findUnder(name string) *Rule {
	if t.longest == 0 {
		return nil
	}
	for {
		dot := strings.IndexByte(name, '.')
		if dot < 0 {
			return nil
		}
		name = name[dot+1:]
		if len(name) > t.longest {
			continue
		}
		if r := t.suffix[name].under; r != nil {
			return r
		}
	}
}
