package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Question is one normalised question. Name is in lower case and presentation form (RFC 1035 section 5.1), without the
// trailing dot; the root is "". Type and Class are as on the wire.
type Question struct {
	Name             string
	Type             uint16
	Class            uint16
	DNSSEC           bool // signatures are wanted too: the DO bit, RFC 3225
	CheckingDisabled bool // data that does not validate is wanted too: the CD bit, RFC 4035 section 3.2.2

	dotted string // a name with its trailing dot, which is of use where it is that of Name
}

// fqdn is the name as the DNS library has it.
func (q Question) fqdn() string {
	if bare, ok := strings.CutSuffix(q.dotted, "."); ok && bare == q.Name {
		return q.dotted
	}
	return dns.Fqdn(q.Name)
}

// TypeString is a type's mnemonic, or TYPE123 (RFC 3597).
func TypeString(t uint16) string { return dns.Type(t).String() }

// ParseType reads a mnemonic in either case, or TYPE123.
func ParseType(s string) (uint16, error) {
	upper := strings.ToUpper(s)
	if t, ok := dns.StringToType[upper]; ok {
		return t, nil
	}
	if digits, ok := strings.CutPrefix(upper, "TYPE"); ok {
		if t, err := strconv.ParseUint(digits, 10, 16); err == nil {
			return uint16(t), nil
		}
	}
	return 0, fmt.Errorf("unknown type %q", s)
}

// DefaultTypes are those that upstreams are asked for.
func DefaultTypes() []uint16 {
	return []uint16{
		dns.TypeA, dns.TypeAAAA, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR, dns.TypeSRV, dns.TypeMX, dns.TypeTXT,
		dns.TypeHTTPS, dns.TypeSVCB, dns.TypeCAA, dns.TypeTLSA, dns.TypeSSHFP, dns.TypeURI, dns.TypeDS, dns.TypeDNSKEY, dns.TypeNS, dns.TypeSOA,
	}
}

// Asks says whether upstreams are asked for a type.
func (c Config) Asks(kind uint16) bool { return slices.Contains(c.types(), kind) }

func (c Config) types() []uint16 {
	if c.Types == nil {
		return DefaultTypes()
	}
	return c.Types
}

// Types that policies are about.
const (
	TypeTXT    = dns.TypeTXT
	TypePTR    = dns.TypePTR
	TypeDS     = dns.TypeDS
	TypeDNSKEY = dns.TypeDNSKEY
)

// IsLocalhost says whether a normalised name is localhost or below it; RFC 6761 section 6.3.
func IsLocalhost(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
