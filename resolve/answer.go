package resolve

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// Source says where an answer comes from.
type Source string

// The sources.
const (
	SourceRecord   Source = "record"   // static records alone
	SourceCache    Source = "cache"    // nothing was asked
	SourceUpstream Source = "upstream" // at least one name was asked
	SourceLocal    Source = "local"    // known without asking: localhost, denials, failures
)

// Extended DNS errors; RFC 8914 section 5.2.
const (
	EDEStaleAnswer          uint16 = 3
	EDEBlocked              uint16 = 15
	EDENoReachableAuthority uint16 = 22
	EDENetworkError         uint16 = 23
	maxExtraText                   = 200
	negativeTTL             uint32 = 5 // of answers that are ours
	maxAnswersNamed                = 64
	syntheticPrimary               = "codex-dnsvisor.invalid."
	syntheticResponsible           = "hostmaster.codex-dnsvisor.invalid."
)

// Answer is what a question gets. The zero value is SERVFAIL.
type Answer struct {
	rcode     int // but for the zero value, see known
	known     bool
	addresses addresses // in place of records
	records   []dns.RR  // CNAMEs in the order of the chain, then the data
	authority []dns.RR
	proof     []dns.RR // what signs the answer, or shows that there is none; for clients that ask for it
	source    Source
	ede       []*dns.EDNS0_EDE
	denied    string // the name of the chain that is denied
	filtered  bool
	unproven  bool
	failed    bool
	reason    string
}

// all are the records.
func (a Answer) all() []dns.RR {
	if a.addresses.some() {
		return a.addresses.records()
	}
	return a.records
}

// code is the RCODE.
func (a Answer) code() int {
	if !a.known {
		return dns.RcodeServerFailure
	}
	return a.rcode
}

// RCode is the mnemonic of the RCODE.
func (a Answer) RCode() string { return dns.RcodeToString[a.code()] }

// Source says where the answer comes from.
func (a Answer) Source() Source { return a.source }

// DeniedTarget is the name down the chain that is denied; "" where none is.
func (a Answer) DeniedTarget() string { return a.denied }

// Filtered says that the answer had only addresses that are local to somebody else, or led to a name that no host can
// have. Reason says which.
func (a Answer) Filtered() bool { return a.filtered }

// Unconfirmed says that the names of an address do not have that address; see [Chain.Confirm].
func (a Answer) Unconfirmed() bool { return a.unproven }

// Failed says that no upstream gave an answer; Reason says why.
func (a Answer) Failed() bool { return a.failed }

// Reason is why the answer is not what was asked for, for people.
func (a Answer) Reason() string { return a.reason }

// Answers are the data of the records in presentation form, in order, without signatures; at most 64.
func (a Answer) Answers() []string {
	var out []string
	for i := range min(a.addresses.count(), maxAnswersNamed) {
		out = append(out, a.addresses.addr(i).String())
	}
	for _, rr := range a.records {
		if rr.Header().Rrtype == dns.TypeRRSIG {
			continue
		}
		if len(out) == maxAnswersNamed {
			break
		}
		out = append(out, data(rr))
	}
	return out
}

// data is a record's data without its owner, TTL, class and type.
func data(rr dns.RR) string {
	switch rr := rr.(type) { // most of them
	case *dns.A:
		if addr, ok := netip.AddrFromSlice(rr.A); ok {
			return addr.Unmap().String()
		}
	case *dns.AAAA:
		if addr, ok := netip.AddrFromSlice(rr.AAAA); ok {
			return addr.String()
		}
	}
	text := strings.TrimPrefix(rr.String(), rr.Header().String())
	if rr.Header().Rrtype == dns.TypeCNAME {
		return strings.TrimSuffix(text, ".")
	}
	return text
}

func (a Answer) withEDE(code uint16, text string) Answer {
	a.reason = text
	if len(text) > maxExtraText {
		text = strings.ToValidUTF8(text[:maxExtraText], "") // the cut may fall inside a character
	}
	a.ede = []*dns.EDNS0_EDE{{InfoCode: code, ExtraText: text}}
	return a
}

// DenyMode is how a denied name is answered.
type DenyMode uint8

// The ways: the name does not exist; the question is refused; the name has no data.
const (
	DenyNXDomain DenyMode = iota
	DenyRefused
	DenyNoData
)

// Denied is the answer to a question that the policy denies. It carries a SOA, so that clients remember it for a few
// seconds (RFC 2308 section 5), and the Extended DNS Error Blocked with the reason.
func Denied(q Question, how DenyMode, reason string) Answer {
	a := Answer{known: true, source: SourceLocal}
	switch how {
	case DenyRefused:
		a.rcode = dns.RcodeRefused
	case DenyNoData:
		a.authority = syntheticSOA(q)
	default:
		a.rcode, a.authority = dns.RcodeNameError, syntheticSOA(q)
	}
	return a.withEDE(EDEBlocked, reason)
}

// Rejected is the answer to a malformed query, by its RCODE; see [Query.Malformed].
func Rejected(rcode int) Answer { return Answer{known: true, rcode: rcode, source: SourceLocal} }

// ServFail says that there is no answer, with an Extended DNS Error unless it is zero.
func ServFail(ede uint16, text string) Answer {
	a := Answer{source: SourceLocal, failed: true, reason: text}
	if ede == 0 {
		return a
	}
	return a.withEDE(ede, text)
}

// filtered is the answer where what an upstream says is not passed on.
func filtered(q Question, reason string) Answer {
	a := Denied(q, DenyNoData, reason)
	a.filtered = true
	return a
}

// denyTarget is the answer where a name down the chain is denied: no part of the chain is given.
func denyTarget(q Question, target, reason string) Answer {
	a := Denied(q, DenyNXDomain, reason)
	a.denied = strings.TrimSuffix(target, ".")
	return a
}

func syntheticSOA(q Question) []dns.RR {
	return []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: q.fqdn(), Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: negativeTTL},
		Ns:  syntheticPrimary, Mbox: syntheticResponsible, Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minttl: negativeTTL,
	}}
}
