package resolve

import (
	"net/netip"

	"github.com/miekg/dns"
)

func newRecords() *Records {
	return &Records{byName: map[string][]dns.RR{}, nodes: map[string]bool{}, owners: map[netip.Addr][]string{}}
}

// of returns the records of a name, made from a wildcard's where the name itself does not exist; nil where there are
// none. The wildcard is that of the closest name above which does exist; RFC 4592 section 3.3.1.
func (r *Records) of(name string) []dns.RR {
	if r.nodes[name] {
		return r.byName[name]
	}
	above, more := parent(name)
	for ; more && !r.nodes[above]; above, more = parent(above) {
	}
	wild := "*." + above
	if above == "." {
		wild = "*."
	}
	var made []dns.RR
	for _, rr := range r.byName[wild] {
		rr = dns.Copy(rr)
		rr.Header().Name = name
		made = append(made, rr)
	}
	return made
}

// parent is the name above one; false for the root.
func parent(name string) (string, bool) {
	if name == "." {
		return "", false
	}
	at, end := dns.NextLabel(name, 0)
	if end {
		return ".", true
	}
	return name[at:], true
}
