package tests

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// upstreams are those that the zones are asked through: an authority that follows what it finds, and a validator.
var upstreams = []string{bind, validator}

// kinds are one question of each type that is served, with what has to be in the answer.
var kinds = [][]string{
	{"types.example.corp A", "A 192.0.2.30"},
	{"types.example.corp AAAA", "AAAA 2001:db8::30"},
	{"internal-data.example.corp CNAME", "CNAME backend-canonical-host.example.corp.", "!192.0.2.10"},
	{"dnamed.example.corp DNAME", "DNAME elsewhere.example.corp."},
	{"types.example.corp PTR", "PTR pointed.example.corp."},
	{"types.example.corp SRV", "SRV 1 2 389 srv-target.example.corp."},
	{"types.example.corp MX", "MX 5 mx-target.example.corp."},
	{"types.example.corp TXT", `TXT "of types"`},
	{"types.example.corp HTTPS", `HTTPS 1 https-target.example.corp. alpn="h2" ipv4hint=192.0.2.33`},
	{"types.example.corp SVCB", `SVCB 1 svcb-target.example.corp. alpn="dot"`},
	{"types.example.corp CAA", `CAA 0 iodef "mailto:ca@example.corp"`},
	{"types.example.corp TLSA", "TLSA 3 1 1 00112233445566778899AABBCCDDEEFF00112233445566778899AABB CCDDEEFF"},
	{"types.example.corp SSHFP", "SSHFP 4 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABB CCDDEEFF"},
	{"types.example.corp URI", `URI 10 1 "https://example.corp/"`},
	{"child.example.corp DS", "DS ", " 13 2 "},
	{"example.corp DNSKEY", "DNSKEY 257 3 13 "},
	{"example.corp NS", "NS ns.example.corp."},
	{"example.corp SOA", "SOA ns.example.corp. hostmaster.example.corp. 1 3600 600 86400 60"},
}

// kindNames are exact rules for the questions of kinds.
var kindNames = allow("example.corp", "types.example.corp", internalData, "dnamed.example.corp", "child.example.corp")

func TestTypes(t *testing.T) {
	z := newZones(t)
	var rows [][]string
	for _, row := range kinds {
		rows = append(rows, append(slices.Clone(row), "status: NOERROR", "!;; AUTHORITY"))
	}
	rows = append(rows,
		[]string{"types.example.corp ANY", "status: NOERROR", `HINFO "RFC8482" ""`, "!192.0.2.30"},
		[]string{"types.example.corp LOC", "status: NOERROR", "ANSWER: 0,", "SOA"},
		[]string{"types.example.corp TYPE65280", "status: NOERROR", "ANSWER: 0,"},
	)
	for _, upstream := range upstreams {
		z.check(upstream, kindNames, rows)
	}
	// Of another class nothing is known.
	z.check(bind, kindNames, [][]string{{"types.example.corp TXT CH", "!of types"}})

	t.Run("kdig", func(t *testing.T) {
		args := []string{"@8.8.8.8", "+noall", "+answer"}
		var want []string
		for _, row := range kinds {
			if !strings.Contains(row[0], "AABB") {
				args = append(args, strings.Fields(row[0])...)
				want = append(want, row[1])
			}
		}
		got := z.run(bind, kindNames, append([]string{"kdig"}, args...)...)
		shown := strings.NewReplacer("alpn=h2", `alpn="h2"`, "alpn=dot", `alpn="dot"`).Replace(got.stdout)
		for _, text := range want {
			has(t, "kdig", strings.ReplaceAll(shown, " CCDDEEFF", "CCDDEEFF"), strings.ReplaceAll(text, " CCDDEEFF", "CCDDEEFF"))
		}
	})
	t.Run("narrowed and widened", func(t *testing.T) {
		policy := z.policy("[dns]\ntypes = [\"A\", \"LOC\"]\n")
		z.questions()
		z.check(bind, append(slices.Clone(kindNames), "--policy", policy), [][]string{
			{"types.example.corp A", "192.0.2.30"},
			{"types.example.corp MX", "status: NOERROR", "ANSWER: 0,"},
			{"types.example.corp LOC", "status: NOERROR", "ANSWER: 0,"},
		})
		if asked, want := z.questions(), []string{"types.example.corp A", "types.example.corp LOC"}; !slices.Equal(asked, want) {
			t.Errorf("asked upstream: %v, want %v", asked, want)
		}
	})
}

// Chains are served whole, to their bound; loops end in a failure.
func TestChains(t *testing.T) {
	z := newZones(t)
	for _, upstream := range upstreams {
		longest := 12
		if upstream == validator {
			longest = 11 // unbound follows no more itself
		}
		rules := []string{"loop1.example.corp", "self.example.corp"}
		rows := [][]string{{"loop1.example.corp", "status: SERVFAIL"}, {"self.example.corp", "status: SERVFAIL"}}
		for n := range longest + 1 {
			name := fmt.Sprintf("chain%d.example.corp", n)
			row := []string{name, "status: NOERROR", fmt.Sprintf("ANSWER: %d,", n+1), "chain0.example.corp. IN A 192.0.2.100"}
			for i := 1; i <= n; i++ {
				row = append(row, fmt.Sprintf("chain%d.example.corp. IN CNAME chain%d.example.corp.", i, i-1))
			}
			rules = append(rules, name)
			rows = append(rows, row)
		}
		z.check(upstream, append(allow(rules...), "--policy", z.policy("[dns]\ncache-size = 0\n")), rows)
		for _, row := range rows { // alone, so that only its own rule allows it
			z.check(upstream, allow(row[0]), [][]string{row})
		}
	}
	z.check(bind, allow("chain13.example.corp"), [][]string{{"chain13.example.corp", "status: SERVFAIL"}})
}

// What a zone can do beside aliases, on both ways.
func TestZoneFeatures(t *testing.T) {
	z := newZones(t)
	for _, upstream := range upstreams {
		z.check(upstream, allow("www.dnamed.example.corp", "x.wild.example.corp", "host.child.example.corp", "back.child.example.corp", "absent.example.corp",
			"many.plain.corp", "long.plain.corp", "**.dnamed.example.corp"), [][]string{
			{
				"www.dnamed.example.corp", "dnamed.example.corp. IN DNAME elsewhere.example.corp.",
				"www.dnamed.example.corp. IN CNAME www.elsewhere.example.corp.", "www.elsewhere.example.corp. IN A 192.0.2.50",
			},
			{"absent.dnamed.example.corp", "status: NXDOMAIN", "!EDE"},
			{"x.wild.example.corp", "x.wild.example.corp. IN A 192.0.2.60"},
			{"x.wild.example.corp TXT", `TXT "wild"`},
			{"y.wild.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"host.child.example.corp", "host.child.example.corp. IN A 192.0.2.40"},
			{"back.child.example.corp", "CNAME mail.example.corp.", "mail.example.corp. IN A 192.0.2.25"},
			{"host.child.example.corp MX", "status: NOERROR", "ANSWER: 0,", "child.example.corp. IN SOA "},
			{"absent.example.corp", "status: NXDOMAIN", "example.corp. IN SOA ", "!EDE"},
			{"long.plain.corp TXT", "ANSWER: 240,", fmt.Sprintf(`"%0250d"`, 1), fmt.Sprintf(`"%0250d"`, 240)},
			{"+ignore long.plain.corp TXT", " tc "},
			{"many.plain.corp", "ANSWER: 4000,", "198.18.0.1\n", "198.18.16.0\n"},
		})
	}
}

// A time to live of nothing is kept for nobody, and one of days is an hour, unless the policy says otherwise.
func TestTimesToLive(t *testing.T) {
	z := newZones(t)
	ttl := regexp.MustCompile(`\.example\.corp\.\s+(\d+)\s+IN\s+A\s`)
	for _, c := range []struct {
		policy string
		want   []int // of never, days, and both again
		asked  int
	}{
		{"", []int{0, 3600, 0, 3600}, 3},
		{"[dns]\nmin-ttl = 60\nmax-ttl = \"24h\"\n", []int{60, 86400, 60, 86400}, 2},
	} {
		var got []int
		for i, reply := range z.dig(t, bind, append(allow("*.example.corp"), "--policy", z.policy(c.policy)), "never.example.corp", "days.example.corp", "never.example.corp", "days.example.corp") {
			m := ttl.FindStringSubmatch(reply)
			if m == nil {
				t.Fatal(reply)
			}
			left, err := strconv.Atoi(m[1])
			must(t, err)
			if aged := c.want[i] - left; i >= 2 && aged > 0 && aged < 30 {
				left = c.want[i] // seconds have passed meanwhile
			}
			got = append(got, left)
		}
		if asked := z.questions(); !slices.Equal(got, c.want) || len(asked) != c.asked {
			t.Errorf("%q: %v, want %v; asked upstream: %v", c.policy, got, c.want, asked)
		}
	}
}

// TXT is for names that a rule names, and for what the standards put beneath them; other subdomains are not allowed by it.
func TestServiceLabels(t *testing.T) {
	z := newZones(t)
	for _, upstream := range upstreams {
		z.check(upstream, allow("example.corp"), [][]string{
			{"kdc1.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"ldap1.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"mail.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"https-target.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"dot1.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"_kerberos._udp.example.corp SRV", "SRV 1 0 88 kdc1.example.corp."},
			{"_kerberos._tcp.example.corp SRV", "SRV 1 0 88 kdc1.example.corp."},
			{"_kerberos.example.corp TXT", `TXT "EXAMPLE.CORP"`},
			{"_ldap._tcp.example.corp SRV", "SRV 1 0 389 ldap1.example.corp."},
			{"_acme-challenge.example.corp TXT", `TXT "token"`},
			{"_443._tcp.example.corp TLSA", "TLSA 3 1 1 "},
			{"_8443._https.example.corp HTTPS", "HTTPS 1 https-target.example.corp. port=8443"},
			{"_dns.example.corp SVCB", `SVCB 1 dot1.example.corp. alpn="dot"`},
			{"example.corp MX", "MX 10 mail.example.corp."},
			{"example.corp TXT", `TXT "v=spf1 -all"`},
			// Its authority has named them now.
			{"kdc1.example.corp", "A 192.0.2.70"},
			{"ldap1.example.corp", "A 192.0.2.71"},
			{"mail.example.corp", "A 192.0.2.25"},
			{"https-target.example.corp", "A 192.0.2.33"},
			{"dot1.example.corp", "A 192.0.2.72"},
			// Not given by the standards, or not to it.
			{"foo.example.corp", "status: NXDOMAIN", "EDE: 15"},
			{"_unregistered.example.corp TXT", "status: NXDOMAIN", "EDE: 15"},
			{"_kerberos._udp.foo.example.corp SRV", "status: NXDOMAIN", "EDE: 15"},
			{"foo._tcp.example.corp SRV", "status: NXDOMAIN", "EDE: 15"},
			{"_kerberos._udp.kdc1.example.corp SRV", "status: NXDOMAIN", "!EDE"}, // below a derived name
			{"_12345._tcp.example.corp TLSA", "status: NXDOMAIN", "EDE: 15"},
			{"0123456789abcdef._openpgpkey.example.corp", "status: NXDOMAIN", "EDE: 15"},
			// Mail servers publish their keys below what the MX names.
			{"_25._tcp.mail.example.corp TLSA", "TLSA 3 1 1 "},
		})
		z.check(upstream, allow("**.example.corp"), [][]string{
			{"types.example.corp TXT", "status: NOERROR", "ANSWER: 0,"},
			{"_acme-challenge.example.corp TXT", `TXT "token"`},
			{"_kerberos._udp.example.corp SRV", "SRV 1 0 88 kdc1.example.corp."},
		})
		z.check(upstream, append(allow("**.example.corp", "_ldap._tcp.example.corp"), "--deny", "example.corp"), [][]string{
			{"_kerberos._udp.example.corp SRV", "status: NXDOMAIN", "EDE: 15 (Blocked): (denied by example.corp (--deny))"},
			{"_ldap._tcp.example.corp SRV", "SRV 1 0 389 ldap1.example.corp."},
		})
	}
}

// Every type's targets are derived names from its answer on, and not before.
func TestTargetsOfTypes(t *testing.T) {
	z := newZones(t)
	for kind, target := range map[string]string{
		"SRV": "srv-target.example.corp", "MX": "mx-target.example.corp", "HTTPS": "https-target.example.corp",
		"SVCB": "svcb-target.example.corp", "CNAME": backend, "DNAME": "www.elsewhere.example.corp",
	} {
		name, denied := "types.example.corp", "EDE: 15"
		switch kind {
		case "CNAME":
			name = internalData
		case "DNAME":
			name, kind = "www.dnamed.example.corp", "A"
		}
		z.check(bind, allow(name), [][]string{
			{target, "status: NXDOMAIN", denied},
			{name + " " + kind, "status: NOERROR", target},
			{target, "status: NOERROR", "A 192.0.2."},
			{"other.example.corp", "status: NXDOMAIN", denied},
		})
		// A deny outweighs what an authority says, and ends a chain.
		reply := []string{name + " " + kind}
		if name != "types.example.corp" {
			reply = append(reply, "status: NXDOMAIN", denied, "!ANSWER SECTION")
		}
		z.check(bind, append(allow(name), "--deny", target), [][]string{reply, {target, "status: NXDOMAIN", denied}})
	}
}

// Go's own resolver, by each of its methods: what is derived is not there before, and is afterwards.
func TestGoRecords(t *testing.T) {
	z := newZones(t)
	const want = `host:kdc1.example.corp no such host
host:mail.example.corp no such host
addr:192.0.2.70 no such host
srv:_kerberos._udp.example.corp [{kdc1.example.corp. 88 1 0}]
mx:example.corp [{mail.example.corp. 10}]
txt:example.corp [v=spf1 -all]
txt:_acme-challenge.example.corp [token]
ns:example.corp [{ns.example.corp.}]
cname:internal-data.example.corp backend-canonical-host.example.corp.
host:kdc1.example.corp [192.0.2.70]
host:mail.example.corp [192.0.2.25]
addr:192.0.2.70 [kdc1.example.corp.]
addr:192.0.2.10 [backend-canonical-host.example.corp.]
host:other.example.corp no such host
txt:other.example.corp no such host
srv:_kerberos._udp.foo.example.corp no such host
`
	var args []string
	for line := range strings.Lines(want) {
		args = append(args, strings.Fields(line)[0])
	}
	for _, upstream := range upstreams {
		if got := z.run(upstream, allow("example.corp", internalData), append([]string{program("records")}, args...)...); got.stdout != want {
			t.Errorf("%s: %s\nwant %s", upstream, got.stdout, want)
		}
	}
}
