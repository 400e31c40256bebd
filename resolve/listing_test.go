package resolve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const listed = `$TTL 300
$ORIGIN corp.test.
@	SOA ns hostmaster 1 2 3 4 5
@	NS ns
ns	A 192.0.2.53
WWW	60 IN A 192.0.2.1
www	AAAA 2001:db8::1
alias	CNAME www
_ldap._tcp SRV 0 0 389 ldap
ldap	A 192.0.2.2
x	TXT "a b" "c\"d" "\009tab"
y	TYPE65280 \# 2 0102
svc	HTTPS 1 . alpn=h2 ipv4hint=192.0.2.3
*.w	A 192.0.2.4
1.2.0.192.in-addr.arpa. PTR www
o\100d	A 192.0.2.5
`

// TestLines: what is listed makes the same records again.
func TestLines(t *testing.T) {
	first := records(t, listed).Lines()
	if len(first) != 14 || first[1] != `1.2.0.192.in-addr.arpa. 300 IN PTR www.corp.test.` {
		t.Errorf("%d lines: %q", len(first), first)
	}
	if diff := cmp.Diff(first, records(t, strings.Join(first, "\n")+"\n").Lines()); diff != "" {
		t.Error(diff)
	}
	if lines := (*Records)(nil).Lines(); lines != nil {
		t.Errorf("no records are %q", lines)
	}
}

// TestOwners: names that are only pointed to, and those that one does not ask for, are left out.
func TestOwners(t *testing.T) {
	want := []Owner{
		{"ns.corp.test", 5},
		{"alias.corp.test", 8},
		{"_ldap._tcp.corp.test", 9},
		{"x.corp.test", 11},
		{"y.corp.test", 12},
		{"svc.corp.test", 13},
		{"odd.corp.test", 16},
	}
	if diff := cmp.Diff(want, Owners(listed)); diff != "" {
		t.Error(diff)
	}
}
