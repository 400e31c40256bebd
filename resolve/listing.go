package resolve

import (
	"maps"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// Lines are the records in zone file form, one each, complete with owner, TTL and class, in the order of their owners: what
// ParseZone makes the same records of.
func (r *Records) Lines() []string {
	if r == nil {
		return nil
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(r.byName)) {
		for _, rr := range r.byName[name] {
			lines = append(lines, strings.ReplaceAll(rr.String(), "\t", " "))
		}
	}
	return lines
}

// Owner is the owner of static records.
type Owner struct {
	Name string // in lower case and presentation form, without the trailing dot
	Line int    // of its first record in the zone text, from 1
}

// Owners are the owners of the records in a zone text that can be parsed, but for those that nobody asks for by name: of SOA
// and NS records alone, wildcards, names of addresses, and targets of other records.
func Owners(text string) []Owner {
	lines := &lineReader{rest: text}
	parser := dns.NewZoneParser(lines, ".", "")
	parser.SetDefaultTTL(defaultTTL)
	var owners []Owner
	seen, targets := map[string]bool{}, map[string]bool{}
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		rr, err := canonical(rr)
		if err != nil {
			continue
		}
		targets[strings.TrimSuffix(ascii.Lower(targetOf(rr)), ".")] = true
		name := strings.TrimSuffix(ascii.Lower(rr.Header().Name), ".")
		if t := rr.Header().Rrtype; t == dns.TypeSOA || t == dns.TypeNS || seen[name] {
			continue
		}
		seen[name] = true
		owners = append(owners, Owner{name, lines.read})
	}
	return slices.DeleteFunc(owners, func(o Owner) bool {
		_, reverse := ParseReverse(o.Name)
		return reverse || targets[o.Name] || strings.HasPrefix(o.Name, "*.")
	})
}
