//go:build clients

package tests

import (
	"regexp"
	"testing"
)

// noise is what differs from run to run, and the error of who may not leave, which is not that of who finds no route.
var noise = regexp.MustCompile(`(?m)^connect errno: .*\n|^\[\d+\] [\d.]+: |\(\d+ bytes\)`)

// discovery is what a program does to find a service, below codex-dnsvisor and beside it, where nobody listens at the service's address.
type discovery struct {
	command []string
	found   []string // in what it prints
	denied  []string // in what it prints where nothing allows the domain
}

func (z *zones) find(t *testing.T, s discovery) {
	t.Helper()
	for _, upstream := range upstreams {
		command := z.naming(upstream, append([]string{"sh", "-c", `exec "$0" "$@" 2>&1`}, s.command...)...)
		plain, under := finish(t, z.enter(command...)), z.run(upstream, allow("example.corp"), command...)
		has(t, upstream, under.stdout+under.stderr, s.found...)
		if want, got := noise.ReplaceAllString(plain.stdout, ""), noise.ReplaceAllString(under.stdout, ""); got != want {
			t.Errorf("%s: without: %s\nbelow: %s", upstream, want, got)
		}
		denied := z.run(upstream, allow("types.example.corp"), command...)
		has(t, upstream, denied.stdout+denied.stderr, s.denied...)
	}
}

// kinit finds its KDC by DNS alone, and fails only because nobody is there.
func TestServicesOfKinit(t *testing.T) {
	z := newZones(t)
	conf := z.policy("[libdefaults]\ndns_lookup_kdc = true\n")
	z.find(t, discovery{
		command: []string{"env", "KRB5_CONFIG=" + conf, "KRB5_TRACE=/dev/stdout", "kinit", "user@EXAMPLE.CORP"},
		found: []string{
			"Sending DNS SRV query for _kerberos._udp.EXAMPLE.CORP.\n", "Sending DNS SRV query for _kerberos._tcp.EXAMPLE.CORP.\n",
			`SRV answer: 1 0 88 "kdc1.example.corp."`, "Resolving hostname kdc1.example.corp.\n", "192.0.2.70:88\n",
			"kinit: Cannot contact any KDC for realm 'EXAMPLE.CORP'", "codex-dnsvisor: tcp to 192.0.2.70:88 refused",
		},
		denied: []string{`kinit: Cannot find KDC for realm "EXAMPLE.CORP"`, "--allow _kerberos._udp.example.corp", "!kdc1"},
	})
}

// ldapsearch finds the server of a distinguished name by SRV.
func TestServicesOfLDAPSearch(t *testing.T) {
	newZones(t).find(t, discovery{
		command: []string{"ldapsearch", "-x", "-d", "1", "-H", "ldap:///dc%3Dexample%2Cdc%3Dcorp"},
		found:   []string{"TCP ldap1.example.corp:389\n", "Trying 192.0.2.71:389\n", "Can't contact LDAP server", "codex-dnsvisor: tcp to 192.0.2.71:389 refused"},
		denied:  []string{"DNS SRV: Could not turn domain=example.corp into a hostlist", "--allow _ldap._tcp.example.corp", "!ldap1"},
	})
}
