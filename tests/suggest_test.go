package tests

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// askers ask for what a build might, for what it should not, and for what is no name, by several resolvers.
const askers = `
for name in a alias only6 n1 n2 n3 n4; do getent ahosts $name.corp.example; done
LOCALDOMAIN=corp.example getent hosts backend
LOCALDOMAIN=corp.example getent hosts backend.corp.example
LOCALDOMAIN=corp.example getent hosts missing.corp.example
getent hosts 192.0.2.10
getent hosts secret.corp.example
getent hosts leads.corp.example
getent hosts local.corp.example
getent hosts localhost.corp.example
for i in 1 2 3 4 5 6 7 8 9 10; do dig +short @8.8.8.8 h$i.many.corp.example; done
dig +short @8.8.8.8 txt.many.corp.example TXT
dig +short @8.8.8.8 _ldap._tcp.corp.example SRV
dig +short @8.8.8.8 _ldap._tcp.a.corp.example SRV
dig +tcp +short @8.8.8.8 A.Corp.Example MX
dig +short @8.8.8.8 -x 198.51.100.9
dig +short @8.8.8.8 4d5a90000300000004000000ffff0000b800000000000000.corp.example
dig +short @8.8.8.8 'odd\255\010".corp.example'
dig +short @8.8.8.8 '*.corp.example'
/usr/bin/python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80), 1)'
true`

// What a narrow policy denies, or would have, is suggested. With it, merged into the policy, the same run is denied what was set apart,
// and nothing else; and what it asks for is answered.
func TestSuggestRoundTrip(t *testing.T) {
	for _, mode := range []string{"enforced", "observed"} {
		t.Run(mode, func(t *testing.T) {
			o := newOutside(t)
			must(t, os.WriteFile(o.path("policy.toml"), []byte("# narrow\n[network.domains]\n\"secret.corp.example\" = \"deny\" # stays\n"), 0o644))
			must(t, os.WriteFile(o.path("ask"), []byte(askers), 0o644))
			ask := func(log string, more ...string) result {
				t.Helper()
				got := o.run(slices.Concat([]string{"--quiet", "--audit", o.path(log), "--upstream", "udp://127.0.0.1", "--policy", o.path("policy.toml")}, more, []string{"--", "sh", o.path("ask")})...)
				if got.status != 0 {
					t.Fatalf("%+v", got)
				}
				return got
			}
			var first []string
			if mode == "observed" {
				first = []string{"--observe"}
			}
			ask("first", first...)
			apart := suggested(t, o.path("first")).apart()
			got := run(t, "audit", "suggest", "--merge", o.path("policy.toml"), "-o", o.path("policy.toml"), o.path("first"))
			if got.status != 0 || got.stdout != "" || !strings.Contains(got.stderr, "LOOKS LIKE DATA") {
				t.Errorf("%+v", got)
			}
			answers := ask("second").stdout
			for _, want := range []string{"192.0.2.1 ", "2001:db8::6", "192.0.2.10 "} {
				if !strings.Contains(answers, want) {
					t.Errorf("%s is not in the answers: %s", want, answers)
				}
			}
			s := suggested(t, o.path("second"))
			for _, r := range s.Rules {
				if !slices.Contains(apart, r.Pattern) {
					t.Errorf("%s is denied still", r.Pattern)
				}
			}
			for _, name := range s.apart() {
				// That an alias leads to what a rule denies shows once it is allowed.
				if !slices.Contains(apart, name) && name != "leads.corp.example" {
					t.Errorf("%s is denied, and was not set apart: %q", name, apart)
				}
			}
			for _, name := range []string{"secret.corp.example", "4d5a90000300000004000000ffff0000b800000000000000.corp.example"} {
				if !slices.Contains(s.apart(), name) {
					t.Errorf("%s is not denied any more: %q", name, s.apart())
				}
			}
			if policy, err := os.ReadFile(o.path("policy.toml")); err != nil || !strings.HasPrefix(string(policy), "# narrow\n[network.domains]\n\"secret.corp.example\" = \"deny\" # stays\n\"") {
				t.Errorf("%s, %v", policy, err)
			}
		})
	}
}

// suggestion is audit suggest's JSON.
type suggestion struct {
	Rules []struct{ Pattern string }
	Apart []struct {
		Reason string
		Names  []struct{ Name string }
	}
}

func suggested(t *testing.T, log string) (s suggestion) {
	t.Helper()
	got := run(t, "audit", "suggest", "--json", log)
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	must(t, json.Unmarshal([]byte(got.stdout), &s))
	return s
}

func (s suggestion) apart() (names []string) {
	for _, g := range s.Apart {
		for _, n := range g.Names {
			names = append(names, n.Name)
		}
	}
	return names
}
