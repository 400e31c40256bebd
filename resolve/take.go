package resolve

import (
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

const (
	maxCached    = 512 // records of a step; more are served whole, and asked for each time
	maxProof     = 64  // records; NSEC3 takes three and their signatures, and each is compared with the others
	maxReplySize = 65535
)

// takeApart turns an upstream's reply into steps, along the chain that begins with the question. Whatever else the
// reply holds is out of bailiwick and left aside.
func takeApart(q Question, reply *dns.Msg) map[stepKey]step {
	steps := map[stepKey]step{}
	answer := byOwner(reply.Answer)
	proof := proofOf(q, reply)
	name := ascii.Lower(q.fqdn())
	for range maxHops + 1 {
		key := q.key(name)
		if _, loop := steps[key]; loop {
			return steps
		}
		s, ok := dataOf(answer, key)
		if !ok {
			s, ok = aliasOf(answer, key)
		}
		if !ok {
			s, ok = negative(reply, name, len(steps) > 0)
		}
		if !ok {
			return steps
		}
		s.proof = copies(proof)
		steps[key] = s
		if s.target == "" {
			return steps
		}
		name = s.target
	}
	return steps
}

func copies(records []dns.RR) []dns.RR {
	var out []dns.RR
	for _, rr := range records {
		out = append(out, dns.Copy(rr))
	}
	return out
}

// proofOf is what of an authority section shows that there is no other data: it signs a negative answer, or one that a
// wildcard made. RFC 4035 section 3.1.3.
func proofOf(q Question, reply *dns.Msg) []dns.RR {
	var proof []dns.RR
	if !q.DNSSEC {
		return nil
	}
	for _, rr := range reply.Ns {
		if len(proof) == maxProof {
			break
		}
		kind := rr.Header().Rrtype
		if signature, ok := rr.(*dns.RRSIG); ok {
			kind = signature.TypeCovered
			if kind == dns.TypeSOA {
				proof = append(proof, plain(rr, ascii.Lower(rr.Header().Name)))
			}
		}
		if kind == dns.TypeNSEC || kind == dns.TypeNSEC3 {
			proof = append(proof, plain(rr, ascii.Lower(rr.Header().Name)))
		}
	}
	return proof
}

// owners are records of a section by their owners, in lower case. A chain has many names, each of them many above it, and a
// section many records: it is gone through once.
type owners map[string][]dns.RR

func byOwner(section []dns.RR) owners {
	all := owners{}
	for _, rr := range section {
		if h := rr.Header(); h.Class == dns.ClassINET {
			name := ascii.Lower(h.Name)
			all[name] = append(all[name], rr)
		}
	}
	return all
}

// of collects the records of a name and type with, where the client wants them, their signatures.
func (o owners) of(name string, kind uint16, dnssec bool) (records, signatures []dns.RR) {
	for _, rr := range o[name] {
		signature, signs := rr.(*dns.RRSIG)
		switch {
		case rr.Header().Rrtype == kind:
			records = append(records, plain(rr, name))
		case dnssec && signs && signature.TypeCovered == kind:
			signatures = append(signatures, plain(rr, name))
		}
	}
	return records, signatures
}

func dataOf(answer owners, key stepKey) (step, bool) {
	records, signatures := answer.of(key.name, key.kind, key.dnssec)
	if len(records) == 0 {
		return step{}, false
	}
	if key.kind == dns.TypeCNAME || key.kind == dns.TypeDNAME {
		records = records[:1] // the data itself, and not to be followed; a name has one (RFC 6672 section 2.4)
	}
	return positive(records, signatures), true
}

func positive(records, signatures []dns.RR) step {
	s := step{records: append(records, signatures...), ttl: -1}
	for _, rr := range s.records {
		s.ttl = shorter(s.ttl, rr.Header().Ttl)
	}
	return s
}

// aliasOf is the CNAME of a name, with the DNAME of a name above that it comes from.
func aliasOf(answer owners, key stepKey) (step, bool) {
	name := key.name
	above, made := redirection(answer, key)
	records, signatures := answer.of(name, dns.TypeCNAME, key.dnssec)
	switch {
	case made != nil: // what the DNAME says, whatever CNAME came with it
		records = []dns.RR{made}
	case len(records) == 0:
		return step{}, false
	}
	s := positive(append(above, records[0]), signatures)
	s.target = records[0].(*dns.CNAME).Target
	return s, true
}

// redirection is the DNAME that a name is below, with its signatures, and the CNAME that follows from it; RFC 6672
// section 2.2.
func redirection(answer owners, key stepKey) (above []dns.RR, made dns.RR) {
	for zone, more := parent(key.name); more; zone, more = parent(zone) {
		records, signatures := answer.of(zone, dns.TypeDNAME, key.dnssec)
		if len(records) == 0 {
			continue
		}
		if made := synthesise(key.name, records[0].(*dns.DNAME)); made != nil {
			return copies(append(records[:1], signatures...)), made // other names of the reply may be below it too
		}
	}
	return nil, nil
}

// synthesise is the CNAME that a DNAME makes of a name below its owner; nil where the result is too long, or the owner
// the root.
func synthesise(name string, d *dns.DNAME) dns.RR {
	owner := ascii.Lower(d.Hdr.Name)
	prefix, below := strings.CutSuffix(name, "."+owner)
	target := prefix + "." + strings.TrimPrefix(ascii.Lower(d.Target), ".")
	if _, ok := dns.IsDomainName(target); !below || !ok {
		return nil
	}
	header := dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: d.Hdr.Ttl}
	return &dns.CNAME{Hdr: header, Target: target}
}

// plain is a record without the letter case that our own question drew: it shows in the owner and, by compression, in
// every name that ends alike. A canonical name becomes part of Kerberos principals, where case matters. None of it is
// part of what a signature covers (RFC 4034 section 6.2). The owner is given: many records share it.
func plain(rr dns.RR, owner string) dns.RR {
	rr.Header().Name = owner
	switch rr := rr.(type) {
	case *dns.CNAME:
		rr.Target = ascii.Lower(rr.Target)
	case *dns.DNAME:
		rr.Target = ascii.Lower(rr.Target)
	case *dns.SOA:
		rr.Ns, rr.Mbox = ascii.Lower(rr.Ns), ascii.Lower(rr.Mbox)
	case *dns.NS:
		rr.Ns = ascii.Lower(rr.Ns)
	case *dns.MX:
		rr.Mx = ascii.Lower(rr.Mx)
	case *dns.SRV:
		rr.Target = ascii.Lower(rr.Target)
	case *dns.PTR:
		rr.Ptr = lowerTail(rr.Ptr, rr.Hdr.Name)
	}
	return rr
}

// lowerTail lowers a name, but for the first label of one below the owner: that is the name of a service's instance,
// which people read (RFC 6763 section 4.1).
func lowerTail(name, owner string) string {
	folded := ascii.Lower(name)
	if end, last := dns.NextLabel(name, 0); !last && folded[end:] == owner {
		return name[:end] + folded[end:]
	}
	return folded
}

// shorter is the shorter of two times to live; a negative one is none. RFC 2181 section 8: the top bit means zero.
func shorter(ttl time.Duration, seconds uint32) time.Duration {
	if seconds > 1<<31-1 {
		seconds = 0
	}
	if d := time.Duration(seconds) * time.Second; ttl < 0 || d < ttl {
		return d
	}
	return ttl
}

// negative reads an answer without data; RFC 2308 section 5. At the end of a chain only a SOA tells that from a server
// that did not follow the chain to its end.
func negative(reply *dns.Msg, name string, chained bool) (step, bool) {
	s := step{rcode: reply.Rcode}
	for _, rr := range reply.Ns {
		// A SOA of another zone says nothing of the name.
		if soa, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(ascii.Lower(soa.Hdr.Name), name) {
			s.soa = plain(soa, ascii.Lower(soa.Hdr.Name))
			s.ttl = shorter(shorter(-1, soa.Hdr.Ttl), soa.Minttl)
			return s, true
		}
	}
	return s, !chained || reply.Rcode == dns.RcodeNameError
}
