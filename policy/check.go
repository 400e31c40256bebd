package policy

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Warning is what a policy says in vain, or more widely than its writer may think.
type Warning struct {
	Origin Origin
	Msg    string
}

// String is FILE:LINE:COL: message.
func (w Warning) String() string { return w.Origin.String() + ": " + w.Msg }

// Check warns about rules: those that can never match, those that others leave nothing to decide, and wildcards over what
// anybody can register a name in. At most one warning a rule, in their order.
func Check(rules []Rule) []Warning {
	c := checker{New(rules), map[*Rule]int{}}
	c.ready()
	for n, r := range c.all() {
		c.order[r] = n
	}
	var all []Warning
	for _, r := range c.all() {
		if msg := c.check(r); msg != "" {
			all = append(all, Warning{r.Origin, msg})
		}
	}
	return all
}

// CheckUnasked warns about rules that allow names of special use without naming a domain of theirs: no upstream is asked, so
// they are in vain where there are no static records.
func CheckUnasked(rules []Rule) []Warning {
	var all []Warning
	for _, r := range rules {
		if zone := r.Pattern.unasked(); zone != Ordinary && r.Effect == Allow {
			const format = "%s leads to no upstream: %s is not for the network (%s) but for names and domains that a rule names"
			all = append(all, Warning{r.Origin, fmt.Sprintf(format, r.Pattern, zone, zone.Source())})
		}
	}
	return all
}

// checker is a set that knows the order of its rules.
type checker struct {
	*Set
	order map[*Rule]int
}

// check says what is wrong with a rule of the set, or "".
func (c checker) check(r *Rule) string {
	if why := r.Pattern.unmatched(); why != "" {
		return fmt.Sprintf("%s never matches: %s", r.Pattern, why)
	}
	if msg := c.shadowed(r); msg != "" {
		return msg
	}
	if r.Effect == Allow {
		return r.Pattern.tooWide()
	}
	return ""
}

// unmatched says why no name is the pattern's, or "".
func (p Pattern) unmatched() string {
	text := p.String()
	switch last := text[strings.LastIndexByte(text, '.')+1:]; {
	case p.kind == nothing:
		return "where it was written, a name is compared as programs ask for it, in ASCII and without a port or a path"
	case p.kind == address:
		return "an address is not the answer to a question about a name"
	case p.shortest() > maxName:
		return fmt.Sprintf("no name is longer than %d characters", maxName)
	case last != "" && strings.Trim(last, "0123456789") == "":
		return "no name ends in a label of digits (RFC 3696 section 2)"
	}
	return ""
}

// shadowed says which other rule decides about all names of this one, or "".
func (c checker) shadowed(r *Rule) string {
	denied := c.covering(&c.deny, r)
	switch {
	case denied == nil && r.Effect != Allow:
		return ""
	case denied != nil && denied.Pattern == r.Pattern && r.Effect != Allow:
		return fmt.Sprintf("%s is denied twice, see %s", r.Pattern, denied.Origin)
	case denied != nil && r.Effect != Allow:
		return fmt.Sprintf("%s is denied by %s already, see %s", r.Pattern, denied.Pattern, denied.Origin)
	case denied != nil:
		return fmt.Sprintf("%s is never allowed: %s denies it, see %s", r.Pattern, denied.Pattern, denied.Origin)
	}
	switch allowed := c.covering(&c.allow, r); {
	case allowed == nil:
		return ""
	case allowed.Pattern == r.Pattern:
		return fmt.Sprintf("%s is allowed twice, see %s", r.Pattern, allowed.Origin)
	case r.Pattern.Exact():
		return fmt.Sprintf("%s is allowed by %s already, see %s; this rule only lifts the limits of a wildcard", r.Pattern, allowed.Pattern, allowed.Origin)
	default:
		return fmt.Sprintf("%s is allowed by %s already, see %s", r.Pattern, allowed.Pattern, allowed.Origin)
	}
}

// covering returns a rule of the table other than r that matches all names of r's, or nil. Of rules that match the same names
// the first is the one that covers.
func (c checker) covering(t *table, r *Rule) *Rule {
	for _, other := range t.candidates(r.Pattern) {
		if other == nil || other == r || !other.Pattern.covers(r.Pattern) {
			continue
		}
		if c.order[other] < c.order[r] || other.Effect != r.Effect || !r.Pattern.covers(other.Pattern) {
			return other
		}
	}
	return nil
}

// candidates are the rules that may cover a pattern, some nil: what its text ends in, and all globs.
func (t *table) candidates(p Pattern) []*Rule {
	found := []*Rule{t.exact.find(p.body), t.suffix[p.body].at, t.suffix[p.body].under}
	for rest := p.body; ; {
		_, after, more := strings.Cut(rest, ".")
		if !more {
			break
		}
		rest = after
		found = append(found, t.suffix[rest].under)
	}
	return append(append(found, t.globs...), t.every)
}

// tooWide says that anybody can register names of the pattern, or "".
func (p Pattern) tooWide() string {
	if p.kind == exact {
		return ""
	}
	tail := p.fixedTail()
	if tail == "" {
		return fmt.Sprintf("%s allows names of every domain", p)
	}
	suffix, icann := publicsuffix.PublicSuffix(tail)
	if tail != suffix || !icann && !strings.Contains(suffix, ".") {
		return "" // below a registered domain, or of a network's own
	}
	return fmt.Sprintf("%s is wider than it looks: %s is a public suffix, in which anybody can have a name", p, suffix)
}

// fixedTail is the labels at the end that are without a glob.
func (p Pattern) fixedTail() string {
	switch p.kind {
	case below, atAndUnder:
		return p.body
	default:
		tail := p.body[strings.LastIndexAny(p.body, "*?")+1:]
		_, tail, _ = strings.Cut(tail, ".")
		return tail
	}
}
