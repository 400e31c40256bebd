package suggest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// Suggestion is the rules that would have allowed what was denied, and what is set apart.
type Suggestion struct {
	Rules []Rule  `json:"rules"`
	Apart []Group `json:"apart,omitempty"`
	Seen  Seen    `json:"denied"`         // all of it, whatever became of it
	Names int     `json:"names"`          // that were denied
	Left  int64   `json:"left,omitempty"` // events of names that there was no room for
}

// Rule is one that allows.
type Rule struct {
	Pattern string `json:"pattern"`
	Names   int    `json:"names"`              // that it is for
	Some    string `json:"examples,omitempty"` // of a wildcard's
	Seen    Seen   `json:"seen"`
}

// Group is what is set apart for one reason.
type Group struct {
	Reason Reason  `json:"reason"`
	Names  []Apart `json:"names"`
}

// Apart is what no rule is suggested for.
type Apart struct {
	Name string `json:"name"`
	Why  string `json:"why,omitempty"`
	Seen Seen   `json:"seen"`
}

// decider decides about one name after the other.
type decider struct {
	*Gatherer
	have  *policy.Set
	apart map[Reason][]Apart
	first map[string][]*name // by their first label
}

// Suggest decides about all that was gathered.
func (g *Gatherer) Suggest() *Suggestion {
	d := &decider{g, policy.New(g.opts.Rules), map[Reason][]Apart{}, map[string][]*name{}}
	s := &Suggestion{Names: len(g.names), Left: g.left}
	names := g.sorted()
	for _, n := range names {
		if normal, err := policy.Normalise(n.text); err == nil && exact(normal) {
			n.normal = normal
		}
		label, _, _ := strings.Cut(n.text, ".")
		d.first[label] = append(d.first[label], n)
		s.Seen.join(&n.Seen)
	}
	for of, one := range g.domains {
		if one.more.Times > 0 {
			s.Seen.join(&one.more)
			d.apart[Data] = append(d.apart[Data], Apart{"*." + of, "names beyond these", one.more})
		}
	}
	for to, seen := range g.calls {
		d.apart[Call] = append(d.apart[Call], Apart{to, "", *seen})
	}
	s.Rules = d.fitting(d.rules(d.candidates(names)))
	s.Apart = d.groups()
	return s
}

// candidates are the names that none has allowed since, and that are not set apart.
func (d *decider) candidates(names []*name) []*name {
	var left []*name
	for _, n := range names {
		if n.normal != "" && slices.Equal(n.reasons, []string{audit.ReasonNotAllowed}) && d.have.Decide(n.normal).Effect == policy.Allow {
			continue
		}
		if reason, why := d.setApart(n); reason != "" {
			d.apart[reason] = append(d.apart[reason], Apart{n.text, why, n.Seen})
			continue
		}
		left = append(left, n)
	}
	return left
}

// fitting are the rules that a policy file has room for, with what is said of them; those that were asked for most come first.
func (d *decider) fitting(rules []Rule) []Rule {
	byTimes := make([]int, len(rules))
	for i := range rules {
		byTimes[i] = i
	}
	slices.SortStableFunc(byTimes, func(a, b int) int { return cmp.Compare(rules[b].Seen.Times, rules[a].Seen.Times) })
	room, fits := policy.MaxFile/3, make([]bool, len(rules))
	for _, i := range byTimes {
		room -= len(rules[i].line().String()) + len("\r\n")
		if fits[i] = room >= 0; !fits[i] {
			d.apart[Room] = append(d.apart[Room], Apart{rules[i].Pattern, "", rules[i].Seen})
		}
	}
	left := make([]Rule, 0, len(rules)) // in JSON a list, though of nothing
	for i, r := range rules {
		if fits[i] {
			left = append(left, r)
		}
	}
	return left
}

// groups are what was set apart, what was asked for most first.
func (d *decider) groups() (groups []Group) {
	for _, reason := range reasons {
		if all := d.apart[reason]; len(all) > 0 {
			slices.SortFunc(all, func(a, b Apart) int {
				return cmp.Or(cmp.Compare(b.Seen.Times, a.Seen.Times), cmp.Compare(a.Name, b.Name))
			})
			groups = append(groups, Group{reason, all})
		}
	}
	return groups
}

// sorted are the names, domains of one owner together.
func (g *Gatherer) sorted() []*name {
	return slices.SortedFunc(maps.Values(g.names), func(a, b *name) int { return compare(a.text, b.text) })
}

// compare compares names from their ends.
func compare(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	slices.Reverse(x)
	slices.Reverse(y)
	return slices.Compare(x, y)
}

// setApart says for what reason there is no rule for a name, and what in it; or "".
func (d *decider) setApart(n *name) (reason Reason, why string) {
	switch {
	case slices.Contains(n.reasons, audit.ReasonBudget):
		return Data, "over the budget"
	case slices.Contains(n.reasons, audit.ReasonDenied):
		return Denied, n.rule
	case d.answered(n):
		return Reverse, ""
	}
	if why := review.LooksLikeData(n.text); why != "" {
		return Data, why
	}
	if d.domains[review.Domain(n.text)].names >= review.Many {
		return Data, "one of many below its domain"
	}
	if n.normal == "" {
		return Unnamed, ""
	}
	if rule := d.have.Denied(n.normal); rule != nil {
		return Denied, rule.Pattern.String()
	}
	switch {
	case slices.Contains(n.reasons, audit.ReasonUnconfirmed):
		return Unconfirmed, ""
	case slices.Contains(n.reasons, audit.ReasonNotAllowedLocal):
		return Local, ""
	}
	if bare := d.expanded(n); bare != "" {
		return Expanded, bare
	}
	if d.opts.Takes != nil {
		if why := d.opts.Takes(n.normal); why != "" {
			return Unnamed, why
		}
	}
	return "", ""
}

// answered reports whether a name is that of an address which an answer had.
func (d *decider) answered(n *name) bool {
	addr, ok := resolve.ParseReverse(n.text)
	_, answered := d.addresses[addr.Unmap()]
	return ok && answered
}

// exact reports whether a normalised name, as a pattern, is that name and nothing else.
func exact(normal string) bool {
	pattern, err := policy.ParsePattern(normal)
	return err == nil && pattern.Exact() && pattern.String() == normal
}

// expanded is the name that the same process asked for as well, and that a search list made this one of, or the reverse where that
// name is of one label: those are tried last.
func (d *decider) expanded(n *name) string {
	for i := range len(n.text) {
		if n.text[i] != '.' || !strings.Contains(n.text[:i], ".") {
			continue
		}
		bare := n.text[:i]
		if denied := d.names[bare]; denied != nil && denied.shared(&n.Seen) {
			return bare
		}
		if missing := d.missing[bare]; missing != nil && missing.shared(&n.Seen) {
			return bare
		}
	}
	if strings.Contains(n.text, ".") {
		return ""
	}
	for _, o := range d.first[n.text] {
		if o != n && o.shared(&n.Seen) {
			return o.text
		}
	}
	return ""
}
