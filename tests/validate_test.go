package tests

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// validated are names by what a validating client makes of them.
var validated = allow(internalData, "www.bogus.corp", "host.plain.corp")

// Signatures come with what they sign, to those who ask for them; nobody is told that we have checked them.
func TestSignatures(t *testing.T) {
	z := newZones(t)
	for _, upstream := range upstreams {
		z.check(upstream, kindNames, [][]string{
			{"+adflag " + internalData, "192.0.2.10", "!RRSIG", "!flags: qr aa", "! ad", "!flags: do"},
			{
				"+dnssec +adflag " + internalData, "192.0.2.10", "flags: do", "! ad",
				"internal-data.example.corp. IN RRSIG CNAME 13 ", backend + ". IN RRSIG A 13 ",
			},
			{"+dnssec " + internalData + " MX", "ANSWER: 2,", "IN SOA", "RRSIG SOA", "NSEC"},
			{"+dnssec example.corp DNSKEY", "RRSIG DNSKEY", "! ad"},
			{"+dnssec dnamed.example.corp DNAME", "RRSIG DNAME"},
			{"+dnssec example.corp AAAA", "2001:db8::1", "RRSIG AAAA"},
		})
	}
	z.check(bind, kindNames, [][]string{ // nor in what is answered from the cache
		{"+dnssec " + internalData, "RRSIG"}, {internalData, "!RRSIG"}, {"+dnssec " + internalData, "RRSIG CNAME", "RRSIG A", "! ad"},
	})
	z.check(validator, validated, [][]string{
		{"www.bogus.corp", "status: SERVFAIL"},
		{"+cd www.bogus.corp", "status: NOERROR", "192.0.2.90", " cd"},
		{"www.bogus.corp", "status: SERVFAIL", "! cd"},
	})
}

// delv validates by itself, from the root's key.
func TestDelv(t *testing.T) {
	z := newZones(t)
	key, err := os.ReadFile(signed("anchor.key"))
	must(t, err)
	fields := strings.Fields(string(key))
	anchors := fmt.Sprintf("trust-anchors { . static-key 257 3 13 %q; };", strings.Join(fields[6:], ""))
	must(t, os.WriteFile(z.path("anchors.conf"), []byte(anchors), 0o644))
	for question, want := range map[string][]string{
		internalData:                          {"; fully validated", "192.0.2.10"},
		internalData + " AAAA":                {"; fully validated", "2001:db8::10"},
		internalData + " MX":                  {"; fully validated", "-$NXRRSET"},
		"host.plain.corp":                     {"; unsigned answer", "192.0.2.91"},
		"www.bogus.corp":                      {"resolution failed", "!192.0.2.90"},
		"other.example.corp":                  {"resolution failed", "!192.0.2.11"},
		"www.absent.corp":                     {"resolution failed"}, // nobody may ask whether it exists, and a denial has no signature
		"example.corp DNSKEY":                 {"; fully validated"},
		"corp DS":                             {"; fully validated"},
		"backend-canonical-host.example.corp": {"resolution failed"},
	} {
		for _, upstream := range upstreams {
			got := z.run(upstream, validated, append([]string{"delv", "-a", "anchors.conf", "+root=.", "@8.8.8.8"}, strings.Fields(question)...)...)
			has(t, upstream+" "+question, got.stdout+got.stderr, want...)
		}
	}
}

const insideConfig = `server:
	interface: 127.0.0.1
	port: 5353
	username: ""
	chroot: ""
	pidfile: ""
	use-syslog: no
	logfile: "inside.log"
	directory: "%s"
	do-not-query-localhost: no
	module-config: "validator iterator"
	trust-anchor-file: "%s"
remote-control:
	control-enable: no
forward-zone:
	name: "."
	forward-addr: 8.8.8.8
`

// An unbound inside, which validates what it forwards, says that allowed names are secure.
func TestUnboundInside(t *testing.T) {
	z := newZones(t)
	must(t, os.WriteFile(z.path("inside.conf"), fmt.Appendf(nil, insideConfig, z.dir, signed("anchor.key")), 0o644))
	const script = `unbound -c inside.conf && dig +tries=1 -p 5353 -f questions`
	rows := [][]string{
		{internalData, "status: NOERROR", "flags: qr rd ra ad;", "192.0.2.10"},
		{internalData + " MX", "status: NOERROR", "flags: qr rd ra ad;"},
		{"host.plain.corp", "status: NOERROR", "flags: qr rd ra;", "192.0.2.91"},
		{"www.bogus.corp", "status: SERVFAIL"},
		{"other.example.corp", "status: SERVFAIL"}, // a denial that nobody has signed
	}
	var questions strings.Builder
	for _, row := range rows {
		questions.WriteString("@127.0.0.1 " + row[0] + "\n")
	}
	must(t, os.WriteFile(z.path("questions"), []byte(questions.String()), 0o644))
	for _, upstream := range upstreams {
		got := z.run(upstream, validated, "sh", "-c", script)
		replies := strings.Split(got.stdout, ";; Got answer:\n")[1:]
		if len(replies) != len(rows) {
			t.Fatalf("%d replies: %+v", len(replies), got)
		}
		for i, reply := range replies {
			has(t, upstream+" "+rows[i][0], reply, rows[i][1:]...)
		}
	}
}
