package suggest

import (
	_ "embed" // the list
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

//go:embed above.txt
var aboveText string

// above are the domains that can be registered, or are below such a one, and have public suffixes below themselves.
var above = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(aboveText) {
		all[name] = true
	}
	return all
})

// rules are those for names that none is set apart of.
func (d *decider) rules(candidates []*name) []Rule {
	var all []policy.Rule
	added := map[string]bool{} // names that are written differently may be one: "localhost" with a byte order mark behind it is
	add := func(pattern string) {
		if parsed, err := policy.ParsePattern(pattern); err == nil && !added[pattern] { // it is one of a name that was tried
			added[pattern] = true
			all = append(all, policy.Rule{Pattern: parsed, Effect: policy.Allow})
		}
	}
	settle := func() { d.have = policy.New(slices.Concat(d.opts.Rules, all)) }
	for _, parent := range d.parents(candidates) {
		add("*." + parent)
	}
	owners, services := partition(candidates)
	for _, group := range [][]*name{owners, services} { // a rule for an owner allows its services
		settle()
		for _, n := range group {
			if !d.covered(n) {
				add(n.normal)
			}
		}
	}
	settle()
	rules := make([]Rule, len(all))
	for i, r := range all {
		rules[i].Pattern = r.Pattern.String()
	}
	d.credit(rules, candidates)
	slices.SortFunc(rules, func(a, b Rule) int { return compare(a.Pattern, b.Pattern) })
	return rules
}

// covered reports whether a rule allows a name already. Text is asked for where a rule is the name itself.
func (d *decider) covered(n *name) bool {
	decision := d.have.Decide(n.normal)
	_, service := policy.ServiceOwner(n.normal)
	return decision.Effect == policy.Allow && (service || decision.Rule.Pattern.Exact() || !slices.Contains(n.Types, "TXT"))
}

// partition puts the names with a service label apart, which a rule for their owner allows.
func partition(all []*name) (owners, services []*name) {
	for _, n := range all {
		if _, ok := policy.ServiceOwner(n.normal); ok {
			services = append(services, n)
		} else {
			owners = append(owners, n)
		}
	}
	return owners, services
}

// parents are the domains that get a wildcard.
func (d *decider) parents(candidates []*name) []string {
	children := map[string]int{}
	for _, n := range candidates {
		if label, parent, ok := strings.Cut(n.normal, "."); ok && !strings.HasPrefix(label, "_") {
			children[parent]++
		}
	}
	carriers := d.carriers()
	var parents []string
	for parent, n := range children {
		if d.opts.Siblings > 0 && n > d.opts.Siblings && narrow(parent) && !carriers[parent] && (d.opts.Takes == nil || d.opts.Takes("*."+parent) == "") {
			parents = append(parents, parent)
		}
	}
	return slices.DeleteFunc(parents, func(parent string) bool {
		return slices.ContainsFunc(parents, func(o string) bool { return strings.HasSuffix(parent, "."+o) })
	})
}

// carriers are the domains above names that look like data: a wildcard would allow those, too.
func (d *decider) carriers() map[string]bool {
	all := map[string]bool{}
	for _, a := range d.apart[Data] {
		_, parent, more := strings.Cut(a.Name, ".")
		for more && !all[parent] {
			all[parent] = true
			_, parent, more = strings.Cut(parent, ".")
		}
	}
	return all
}

// narrow reports whether all names below a domain are one owner's: it is neither a public suffix, nor above one.
func narrow(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	below, _ := publicsuffix.PublicSuffix("x." + domain)
	zone := policy.SpecialOf(domain)
	return suffix != domain && len(below) < len(domain) && !above()[domain] && zone != policy.ReverseIPv4 && zone != policy.ReverseIPv6
}

// credit says of each rule what it is for.
func (d *decider) credit(rules []Rule, candidates []*name) {
	const shown = 3
	at := map[string]*Rule{}
	for i := range rules {
		at[rules[i].Pattern] = &rules[i]
	}
	for _, n := range candidates {
		decision := d.have.Decide(n.normal)
		if decision.Rule == nil {
			continue
		}
		r := at[decision.Rule.Pattern.String()]
		if r == nil {
			continue // one that was there
		}
		r.Seen.join(&n.Seen)
		r.Names++
		switch wild := strings.HasPrefix(r.Pattern, "*"); {
		case wild && r.Names == 1:
			r.Some = n.normal
		case wild && r.Names <= shown:
			r.Some += ", " + n.normal
		case wild && r.Names == shown+1:
			r.Some += ", …"
		}
	}
}

// String is the comment of a rule.
func (r *Rule) String() string {
	if r.Some != "" {
		return fmt.Sprintf("%s; %d names: %s", r.Seen.String(), r.Names, r.Some)
	}
	return r.Seen.String()
}
