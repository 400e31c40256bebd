package policy

import "strings"

// Special is a zone of special use (RFC 6761, IANA's registry of that name), about whose names resolvers are not asked. The
// zero value is Ordinary.
type Special uint8

// The zones of special use.
const (
	Ordinary      Special = iota
	Localhost             // answered without a question: the loopback addresses
	Local                 // multicast DNS, which does not leave the namespace
	Onion                 // Tor
	Test                  // names for tests
	Invalid               // does not exist
	Alt                   // names outside of the DNS
	HomeARPA              // a home's own names
	ResolverARPA          // the resolver itself: discovery of encrypted ones
	ServiceARPA           // service registration of a network of things
	EAPARPA               // user names of EAP, not names of hosts
	EAPNOOBARPA           // the same
	SixTiSCHARPA          // user names of 6TiSCH
	ReverseIPv4           // names of addresses
	ReverseIPv6           // names of addresses
	FirefoxCanary         // its absence has Firefox use DNS over HTTPS
)

var specialZones = [...]struct{ zone, source string }{
	Ordinary:      {"", ""},
	Localhost:     {"localhost", "RFC 6761 section 6.3"},
	Local:         {"local", "RFC 6762 section 22.1"},
	Onion:         {"onion", "RFC 7686"},
	Test:          {"test", "RFC 6761 section 6.2"},
	Invalid:       {"invalid", "RFC 6761 section 6.4"},
	Alt:           {"alt", "RFC 9476"},
	HomeARPA:      {"home.arpa", "RFC 8375"},
	ResolverARPA:  {"resolver.arpa", "RFC 9462 section 6.4"},
	ServiceARPA:   {"service.arpa", "RFC 9665"},
	EAPARPA:       {"eap.arpa", "draft-ietf-emu-eap-arpa"},
	EAPNOOBARPA:   {"eap-noob.arpa", "RFC 9140"},
	SixTiSCHARPA:  {"6tisch.arpa", "RFC 9031"},
	ReverseIPv4:   {"in-addr.arpa", "RFC 1035 section 3.5"},
	ReverseIPv6:   {"ip6.arpa", "RFC 3596 section 2.5"},
	FirefoxCanary: {"use-application-dns.net", "Firefox's canary domain"},
}

// specials are the zones by name. Each has one label or two.
var specials = func() map[string]Special {
	zones := map[string]Special{}
	for i, z := range specialZones[Ordinary+1:] {
		zones[z.zone] = Special(i + 1)
	}
	return zones
}()

// SpecialOf is the zone of special use that a name is in, or Ordinary. It takes names as Decide does, and does not allocate
// for normalised ones.
func SpecialOf(name string) Special {
	folded, _ := fold(name)
	return specialOf(folded)
}

// specialOf is SpecialOf of a folded name.
func specialOf(name string) Special {
	last := strings.LastIndexByte(name, '.')
	if zone, ok := specials[name[last+1:]]; ok || last < 0 {
		return zone
	}
	return specials[name[strings.LastIndexByte(name[:last], '.')+1:]]
}

// Zone is the zone's name, normalised; "" for Ordinary.
func (z Special) Zone() string { return z.entry().zone }

// Source is what sets the zone apart, mostly an RFC; "" for Ordinary.
func (z Special) Source() string { return z.entry().source }

// String is the zone's name, or "ordinary".
func (z Special) String() string {
	if zone := z.Zone(); zone != "" {
		return zone
	}
	return "ordinary"
}

func (z Special) entry() struct{ zone, source string } {
	if int(z) < len(specialZones) {
		return specialZones[z]
	}
	return specialZones[Ordinary]
}

// names reports whether the pattern is about names of its own choice in a zone: it is one name at or below the zone, or ends in
// a domain below it. All of a zone (**.local) is not one's own choice.
func (p Pattern) names(zone string) bool {
	if p.kind == exact {
		return p.body == zone || isBelow(p.body, zone)
	}
	above, ok := strings.CutSuffix(p.body, "."+zone)
	if !ok || above == "" {
		return false
	}
	label := above[strings.LastIndexByte(above, '.')+1:]
	return !strings.ContainsAny(label, "*?")
}

// unasked is the zone of special use that all of the pattern's names are in and that it does not name; Ordinary if there is
// none.
func (p Pattern) unasked() Special {
	zone := specialOf(p.fixedTail())
	if p.kind == exact || p.names(zone.Zone()) {
		return Ordinary
	}
	return zone
}
