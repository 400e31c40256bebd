package tests

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// recordClient is a program that asks what its arguments say, KIND:NAME each, and prints each with what it got.
type recordClient struct {
	command []string
	asks    []string
	shows   []string          // in what it prints
	denied  map[string]string // asked about a denied name, and what it says
}

// recordNames are exact rules for what record clients ask, and for a name that does not exist.
var recordNames = slices.Concat(kindNames, allow("www.dnamed.example.corp", "host.child.example.corp", "x.wild.example.corp", "chain11.example.corp",
	"long.plain.corp", "many.plain.corp", "www.bogus.corp", "absent.example.corp"))

// naming is a command whose resolv.conf names an upstream.
func (z *zones) naming(upstream string, command ...string) []string {
	z.t.Helper()
	conf := z.path("resolv.conf")
	must(z.t, os.WriteFile(conf, []byte("nameserver "+strings.TrimPrefix(upstream, "udp://")+"\n"), 0o644))
	const script = `mount --bind "$0" "$(readlink -f /etc/resolv.conf)" && exec "$@"`
	return append([]string{"unshare", "--map-root-user", "--mount", "sh", "-c", script, conf}, command...)
}

// beside runs a client below codex-dnsvisor and without it, with the same server for nameserver, and wants the same of both.
func (z *zones) beside(t *testing.T, c recordClient) {
	t.Helper()
	for _, upstream := range upstreams {
		ask := func(asks ...string) []string { return z.naming(upstream, slices.Concat(c.command, asks)...) }
		plain := finish(t, z.enter(ask(c.asks...)...))
		under := z.run(upstream, recordNames, ask(c.asks...)...)
		if got := strings.Count(plain.stdout, "\n"); got != len(c.asks) {
			t.Fatalf("%s: %d of %d lines: %+v", upstream, got, len(c.asks), plain)
		}
		has(t, upstream, plain.stdout, c.shows...)
		lines := strings.Split(under.stdout, "\n")
		for i, want := range strings.Split(plain.stdout, "\n") {
			if i >= len(lines) || lines[i] != want {
				t.Errorf("%s: without: %s\nbelow: %s\n%s", upstream, want, lines[min(i, len(lines)-1)], under.stderr)
			}
		}
		for arg, want := range c.denied {
			if got := finish(t, z.enter(ask(arg)...)); got.stdout == arg+" "+want+"\n" {
				t.Errorf("%s: without: %+v", upstream, got)
			}
			if got := z.run(upstream, recordNames, ask(arg)...); got.stdout != arg+" "+want+"\n" || !strings.Contains(got.stderr, "--allow other.example.corp") {
				t.Errorf("%s: %+v, want %s", upstream, got, want)
			}
		}
	}
}

// Go's own resolver says the same as without us, by each of its methods.
func TestRecordsOfGo(t *testing.T) {
	newZones(t).beside(t, recordClient{
		command: []string{program("records")},
		asks: []string{
			"host:types.example.corp", "netip:types.example.corp", "ipaddr:internal-data.example.corp", "ip4:chain11.example.corp", "ip6:types.example.corp",
			"cname:internal-data.example.corp", "cname:www.dnamed.example.corp", "mx:types.example.corp", "mx:example.corp", "ns:example.corp",
			"srv:types.example.corp", "service:_kerberos._udp.example.corp", "service:_ldap._tcp.example.corp", "txt:types.example.corp",
			"txt:_kerberos.example.corp", "txt:x.wild.example.corp", "host:host.child.example.corp", "addr:192.0.2.30", "addr:192.0.2.10", "addr:2001:db8::10",
			"host:absent.example.corp", "mx:absent.example.corp", "srv:x.wild.example.corp", "txt:long.plain.corp", "ip4:many.plain.corp", "host:www.bogus.corp",
		},
		shows: []string{
			"host:types.example.corp [192.0.2.30 2001:db8::30]\n", "[{kdc1.example.corp. 88 1 0}]", "mx:example.corp [{mail.example.corp. 10}]",
			"[types.example.corp.]", "txt:x.wild.example.corp [wild]", "absent.example.corp no such host",
		},
		denied: map[string]string{"host:other.example.corp": "no such host", "netip:other.example.corp": "no such host"},
	})
}
