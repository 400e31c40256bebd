//go:build clients

package tests

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// script is the path of a client that needs no building.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata/clients", name))
	must(t, err)
	return path
}

// each puts a kind before names.
func each(kinds []string, name string) []string {
	var asks []string
	for _, kind := range kinds {
		asks = append(asks, kind+":"+name)
	}
	return asks
}

// types are those that a zone has at types.example.corp.
var types = []string{"A", "AAAA", "PTR", "SRV", "MX", "TXT", "HTTPS", "SVCB", "CAA", "TLSA", "SSHFP", "URI"}

// dnspython asks for every type, by UDP and TCP, with EDNS and without, and for signatures.
func TestRecordsOfDNSPython(t *testing.T) {
	var asks []string
	for _, way := range []string{"udp", "tcp", "edns", "do", "resolver"} {
		for _, kind := range types {
			asks = append(asks, kind+"/"+way+":types.example.corp")
		}
		asks = append(asks, "CNAME/"+way+":internal-data.example.corp", "A/"+way+":internal-data.example.corp", "A/"+way+":chain11.example.corp",
			"DNAME/"+way+":dnamed.example.corp", "A/"+way+":www.dnamed.example.corp", "DS/"+way+":child.example.corp", "DNSKEY/"+way+":example.corp",
			"NS/"+way+":example.corp", "SOA/"+way+":example.corp", "TXT/"+way+":x.wild.example.corp", "A/"+way+":host.child.example.corp",
			"SRV/"+way+":_kerberos._udp.example.corp", "TLSA/"+way+":_443._tcp.example.corp", "PTR/"+way+":30.2.0.192.in-addr.arpa",
			"MX/"+way+":x.wild.example.corp", "A/"+way+":absent.example.corp", "TXT/"+way+":long.plain.corp", "A/"+way+":many.plain.corp", "A/"+way+":www.bogus.corp")
	}
	const no = "NXDOMAIN other.example.corp. SOA codex-dnsvisor.invalid. hostmaster.codex-dnsvisor.invalid. 1 3600 600 86400 5"
	newZones(t).beside(t, recordClient{
		command: []string{"/usr/bin/python3", script(t, "rdata.py")},
		asks:    asks,
		shows: []string{
			"HTTPS 1 https-target.example.corp. alpn=\"h2\" ipv4hint=\"192.0.2.33\"", "SVCB 1 svcb-target.example.corp.", "CAA 0 iodef", "TLSA 3 1 1", "SSHFP 4 2",
			"URI 10 1", "DNAME elsewhere", "DNSKEY 257 3 13", "RRSIG DS 13", "chain0.example.corp. A 192.0.2.100",
			"A/resolver:absent.example.corp The DNS query name does not exist",
		},
		denied: map[string]string{
			"A/udp:other.example.corp":      no,
			"A/tcp:other.example.corp":      no,
			"TXT/edns:other.example.corp":   no + " EDE 15: no rule allows it",
			"A/do:other.example.corp":       no + " EDE 15: no rule allows it",
			"A/resolver:other.example.corp": "The DNS query name does not exist: other.example.corp.",
		},
	})
}

// c-ares, by each of its own look-ups. Of many addresses A gives 256, others each time.
func TestRecordsOfCares(t *testing.T) {
	newZones(t).beside(t, recordClient{
		command: []string{"/usr/bin/python3", script(t, "cares.py")},
		asks: append(each([]string{"A", "AAAA", "PTR", "SRV", "MX", "TXT", "CAA", "host", "NAPTR"}, "types.example.corp"),
			"CNAME:internal-data.example.corp", "host:internal-data.example.corp", "AAAA:internal-data.example.corp", "A:chain11.example.corp",
			"A:www.dnamed.example.corp", "NS:example.corp", "SOA:example.corp",
			"SRV:_ldap._tcp.example.corp", "TXT:x.wild.example.corp", "MX:example.corp", "addr:192.0.2.30", "addr:2001:db8::10", "A:absent.example.corp",
			"host:absent.example.corp", "MX:x.wild.example.corp", "TXT:long.plain.corp", "host:many.plain.corp", "A:www.bogus.corp", "host:www.bogus.corp"),
		shows:  []string{"host=srv-target.example.corp port=389", "value=mailto:ca@example.corp", "name=types.example.corp", "cname=backend"},
		denied: map[string]string{"A:other.example.corp": "Domain name not found", "host:other.example.corp": "Domain name not found"},
	})
}

// Node's dns, by each of its functions.
func TestRecordsOfNode(t *testing.T) {
	newZones(t).beside(t, recordClient{
		command: []string{"node", script(t, "records.mjs")},
		asks: append(each([]string{
			"resolve4", "resolve6", "resolvePtr", "resolveSrv", "resolveMx", "resolveTxt", "resolveCaa", "resolveTlsa", "resolveNaptr", "lookup",
		}, "types.example.corp"),
			"resolveCname:internal-data.example.corp", "lookup:internal-data.example.corp", "resolve4:chain11.example.corp", "resolve4:www.dnamed.example.corp",
			"resolveNs:example.corp", "resolveSoa:example.corp", "resolveSrv:_ldap._tcp.example.corp", "resolveTxt:x.wild.example.corp", "resolveMx:example.corp",
			"reverse:192.0.2.30", "reverse:2001:db8::10", "lookupService:192.0.2.30", "resolve4:absent.example.corp", "lookup:absent.example.corp",
			"resolveMx:x.wild.example.corp", "resolveTxt:long.plain.corp", "resolve4:many.plain.corp", "resolve4:www.bogus.corp",
			"lookup:www.bogus.corp"),
		shows: []string{"{\"hostname\":\"types.example.corp\",\"service\":\"https\"}", "{\"critical\":0,\"iodef\":\"mailto:ca@example.corp\"}", "hostmaster"},
		denied: map[string]string{
			"resolve4:other.example.corp": "queryA ENOTFOUND other.example.corp", "lookup:other.example.corp": "getaddrinfo ENOTFOUND other.example.corp",
		},
	})
}

// Java, by JNDI's DNS, whose names for types that it does not know are their numbers, and by InetAddress.
func TestRecordsOfJava(t *testing.T) {
	newZones(t).beside(t, recordClient{
		command: []string{"java", "-XX:TieredStopAtLevel=1", script(t, "Records.java")},
		asks: append(each([]string{"A", "AAAA", "PTR", "SRV", "MX", "TXT", "65", "64", "257", "52", "44", "256", "NAPTR", "all", "canonical"}, "types.example.corp"),
			"CNAME:internal-data.example.corp", "all:internal-data.example.corp", "canonical:internal-data.example.corp", "A:chain11.example.corp",
			"39:dnamed.example.corp", "A:www.dnamed.example.corp", "43:child.example.corp", "48:example.corp",
			"NS:example.corp", "SOA:example.corp", "SRV:_ldap._tcp.example.corp", "TXT:x.wild.example.corp", "MX:example.corp",
			"PTR:30.2.0.192.in-addr.arpa", "canonical:192.0.2.30", "canonical:2001:db8::10", "A:absent.example.corp", "all:absent.example.corp",
			"TXT:long.plain.corp", "A:many.plain.corp", "A:www.bogus.corp", "all:www.bogus.corp"),
		shows: []string{
			"[1 2 389 srv-target.example.corp.]", "canonical:192.0.2.30 types.example.corp\n", "canonical:internal-data.example.corp " + backend,
			"256:types.example.corp [000a0001", "A:absent.example.corp NameNotFoundException",
		},
		denied: map[string]string{
			"A:other.example.corp":   "NameNotFoundException: DNS name not found [response code 3]",
			"all:other.example.corp": "UnknownHostException: other.example.corp: Name or service not known",
		},
	})
}

// Debian's curl is built without HTTPS records, and asks for addresses only. One that has them has to be compared with itself, too.
func TestRecordsOfCurl(t *testing.T) {
	z := newZones(t)
	if features := z.run(bind, nil, "curl", "--version"); !strings.Contains(features.stdout, "Features:") || strings.Contains(features.stdout, "HTTPSRR") {
		t.Errorf("this curl has HTTPS records, or tells of none: %+v", features)
	}
	z.questions()
	got := z.run(bind, kindNames, z.naming(bind, "curl", "-sS", "https://types.example.corp/")...)
	if got.status != 7 || !strings.Contains(got.stderr, "codex-dnsvisor: tcp to 192.0.2.30:443 refused") {
		t.Errorf("resolved, not connected: %+v", got)
	}
	asked := z.questions()
	slices.Sort(asked)
	if want := []string{"types.example.corp A", "types.example.corp AAAA"}; !slices.Equal(asked, want) {
		t.Errorf("asked upstream: %v, want %v", asked, want)
	}
}
