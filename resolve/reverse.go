package resolve

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

const (
	reverse4 = "in-addr.arpa" // RFC 1035 section 3.5
	reverse6 = "ip6.arpa"     // RFC 3596 section 2.5

	maxConfirmed = 8 // names of one address that are looked at
)

// IsReverse says that a name, with or without its trailing dot, is in one of the trees that name addresses.
func IsReverse(name string) bool {
	name = strings.TrimSuffix(name, ".")
	return within(name, reverse4) || within(name, reverse6)
}

func within(name, zone string) bool {
	return name == zone || strings.HasSuffix(name, "."+zone)
}

// ParseReverse is the address whose name a normalised name asks for; false for all other names, those of networks too.
func ParseReverse(name string) (netip.Addr, bool) {
	if rest, ok := strings.CutSuffix(name, "."+reverse4); ok {
		labels := strings.Split(rest, ".")
		slices.Reverse(labels)
		addr, err := netip.ParseAddr(strings.Join(labels, ".")) // refuses leading zeros
		return addr, err == nil && addr.Is4()
	}
	rest, ok := strings.CutSuffix(name, "."+reverse6)
	if !ok || len(rest) != 2*32-1 {
		return netip.Addr{}, false
	}
	var b [16]byte
	for i := range 32 {
		at := len(rest) - 1 - 2*i
		nibble, err := strconv.ParseUint(rest[at:at+1], 16, 4)
		if err != nil || at > 0 && rest[at-1] != '.' {
			return netip.Addr{}, false
		}
		b[i/2] |= byte(nibble) << (4 * (1 - i%2))
	}
	return netip.AddrFrom16(b), true
}

// isOwn says that a name is that of an address which every sandbox has for itself.
func (r *Resolver) isOwn(name string) bool {
	addr, ok := ParseReverse(name)
	return ok && (addr.IsLoopback() || slices.Contains(r.own, addr))
}

// IsOwn says that a normalised name is that of a loopback address or one of [Config.Own]: it is answered without asking.
func (r *Resolver) IsOwn(name string) bool { return r.isOwn(name) }

func ownName(key stepKey) step {
	if key.kind != dns.TypePTR {
		return step{}
	}
	return step{records: []dns.RR{ptr(key.name, "localhost.", defaultTTL)}}
}

func ptr(owner, target string, ttl uint32) dns.RR {
	return &dns.PTR{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypePTR, Class: dns.ClassINET, Ttl: ttl}, Ptr: target}
}

// confirm looks a question up. Of the names of an address it keeps those that are not denied and, where that is wanted,
// have the address themselves. False: they are not known yet.
func (r *Resolver) confirm(q Question, c Chain, look func(Question) (Answer, bool)) (Answer, bool) {
	a, ok := look(q)
	addr, reverse := ParseReverse(q.Name)
	if !ok || !reverse || q.Type != dns.TypePTR || a.source == SourceLocal {
		return a, ok
	}
	check := confirmation{addr: addr, chain: c, look: look, all: !c.Confirm || a.source == SourceRecord}
	var kept []dns.RR
	for _, rr := range a.all() {
		keep, known := check.keeps(rr)
		switch {
		case !known:
			return Answer{}, false
		case keep:
			kept = append(kept, rr)
		}
	}
	switch {
	case len(kept) > 0 && check.names > 0 || check.seen == 0:
		a.records = kept
		return a, true
	case check.denied != "":
		return denyTarget(q, check.denied, check.reason), true
	case check.failure.failed:
		return check.failure, true
	}
	a = Denied(q, DenyNXDomain, "the name of "+addr.String()+" does not lead back to it")
	a.unproven = true
	return a, true
}

// confirmation is the check of the names of one address.
type confirmation struct {
	addr           netip.Addr
	chain          Chain
	look           func(Question) (Answer, bool)
	all            bool // names need not lead back
	seen, names    int  // of the answer, and of those that are kept
	denied, reason string
	failure        Answer // the last, to what was asked of a name
}

// keeps says whether a record may stay; not known: the name's addresses have to be asked for.
func (k *confirmation) keeps(rr dns.RR) (keep, known bool) {
	pointer, ok := rr.(*dns.PTR)
	if !ok {
		return true, true // of the chain
	}
	k.seen++
	target := ascii.Lower(pointer.Ptr)
	if reason := k.chain.deny(target); reason != "" {
		k.denied, k.reason = target, reason
		return false, true
	}
	if !aliasable(target) || k.seen > maxConfirmed { // each is a question, or more
		return false, true
	}
	keep, known = k.all, true
	if !k.all {
		keep, known = k.leadsBack(target)
	}
	if keep {
		k.names++
	}
	return keep, known
}

func (k *confirmation) leadsBack(target string) (yes, known bool) {
	kind := dns.TypeAAAA
	if k.addr.Is4() {
		kind = dns.TypeA
	}
	a, known := k.look(Question{Name: strings.TrimSuffix(target, "."), Type: kind, Class: dns.ClassINET})
	for _, rr := range a.all() {
		if addr, ok := addressOf(rr); ok && addr == k.addr {
			return true, known
		}
	}
	if a.failed {
		k.failure = a
	}
	return false, known
}

// addressOf is the address in an A or AAAA record.
func addressOf(rr dns.RR) (netip.Addr, bool) {
	switch rr := rr.(type) {
	case *dns.A:
		addr, ok := netip.AddrFromSlice(rr.A.To4())
		return addr, ok
	case *dns.AAAA:
		return netip.AddrFromSlice(rr.AAAA)
	}
	return netip.Addr{}, false
}
