package resolve

import (
	"net/netip"
	"slices"
)

// embeddings are networks whose addresses hold an IPv4 address that a translator or a tunnel takes out of them.
var embeddings = []struct {
	network  netip.Prefix
	at       int  // where its four bytes begin
	inverted bool // each of its bits
}{
	{network: netip.MustParsePrefix("64:ff9b::/96"), at: 12},              // NAT64, RFC 6052 section 2.1
	{network: netip.MustParsePrefix("::/96"), at: 12},                     // IPv4-compatible, RFC 4291 section 2.5.5.1
	{network: netip.MustParsePrefix("::ffff:0:0:0/96"), at: 12},           // IPv4-translated, RFC 2765 section 2.1
	{network: netip.MustParsePrefix("2002::/16"), at: 2},                  // 6to4, RFC 3056
	{network: netip.MustParsePrefix("2001::/32"), at: 4},                  // Teredo, the server; RFC 4380 section 4
	{network: netip.MustParsePrefix("2001::/32"), at: 12, inverted: true}, // and the client
}

// embedded are the IPv4 addresses that an IPv6 address may mean.
func embedded(addr netip.Addr) []netip.Addr {
	if addr.Is4() {
		return nil
	}
	b := addr.As16()
	var all []netip.Addr
	for _, e := range embeddings {
		if !e.network.Contains(addr) {
			continue
		}
		v4 := [4]byte(b[e.at:])
		for i := range v4 {
			if e.inverted {
				v4[i] = ^v4[i]
			}
		}
		all = append(all, netip.AddrFrom4(v4))
	}
	if host := [4]byte(b[8:]); host == [4]byte{0, 0, 0x5e, 0xfe} || host == [4]byte{2, 0, 0x5e, 0xfe} { // ISATAP, RFC 5214 section 6.1
		all = append(all, netip.AddrFrom4([4]byte(b[12:])))
	}
	if localNAT64.Contains(addr) {
		all = append(all, translated(b)...)
	}
	return all
}

// localNAT64 is for translators of a network's own (RFC 8215), whose prefixes have 48 bits or more: how many, only it knows.
var localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")

// translated are the IPv4 addresses that a translator with a prefix of 48, 56, 64 or 96 bits takes out of an address; the bits
// behind one it passes over (RFC 6052 section 2.2). What begins with a zero is another layout's zeros, unless nothing else is
// there.
func translated(b [16]byte) []netip.Addr {
	all := []netip.Addr{
		netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}),
		netip.AddrFrom4([4]byte{b[7], b[9], b[10], b[11]}),
		netip.AddrFrom4([4]byte(b[9:13])),
		netip.AddrFrom4([4]byte(b[12:])),
	}
	if others := slices.DeleteFunc(slices.Clone(all), thisHost.Contains); len(others) > 0 {
		return others
	}
	return all
}
