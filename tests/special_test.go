package tests

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Special names are nobody's upstream, whatever pattern covers them; a rule that names them sends them.
func TestSpecialNames(t *testing.T) {
	z := newZones(t)
	everything := allow("*", "**.test", "**.local", "**.arpa", "**.onion")
	rows := [][]string{
		{"foo.local", "status: NXDOMAIN"},
		{"foo.onion", "status: NXDOMAIN"},
		{"foo.test", "status: NXDOMAIN"},
		{"foo.invalid", "status: NXDOMAIN"},
		{"use-application-dns.net", "status: NXDOMAIN"},
		{"printer.home.arpa", "ANSWER: 0,"},
		{"home.arpa SOA", "!SERVFAIL"},
		{"_dns.resolver.arpa SVCB", "ANSWER: 0,", "!SERVFAIL"},
		{"resolver.arpa", "ANSWER: 0,", "!SERVFAIL"},
		{"foo.localhost", "127.0.0.1"},
		{"LOCAL SOA", "!SERVFAIL"},
		{"a.b.FOO.Onion AAAA", "status: NXDOMAIN"},
	}
	z.check(bind, everything, rows)
	if asked := z.questions(); len(asked) > 0 {
		t.Errorf("asked upstream: %v", asked)
	}
	z.check(bind, everything, [][]string{{"types.example.corp", "192.0.2.30"}})
	if asked := z.questions(); !slices.Equal(asked, []string{"types.example.corp A"}) {
		t.Errorf("the rules do not send other names: %v", asked)
	}
	for name, rule := range map[string]string{"foo.test": "foo.test", "foo.local": "foo.local", "foo.home.arpa": "foo.home.arpa", "x.lab.test": "*.lab.test"} {
		z.check(bind, allow(rule), [][]string{{name, "status: NXDOMAIN"}})
		if asked := z.questions(); !slices.Contains(asked, name+" A") {
			t.Errorf("%s does not send %s: %v", rule, name, asked)
		}
	}
}

// What a search list makes of a name is denied at once, as one line, and does not hide the name that is meant.
func TestSearchList(t *testing.T) {
	z := newZones(t)
	must(t, os.WriteFile(z.path("resolv.conf"), []byte("nameserver 8.8.8.8\nsearch a.example b.example example.corp\n"), 0o644))
	log := z.path("audit.jsonl")
	const script = `mount --bind resolv.conf /etc/resolv.conf && exec "$0" --upstream "$1" --allow other.example.corp --audit audit.jsonl -- sh -c "getent ahostsv4 other; getent ahostsv4 nothing"`
	got := finish(t, z.enter("unshare", "--map-root-user", "--mount", "sh", "-c", script, binary, bind))
	if got.status != 2 || !strings.HasPrefix(got.stdout, "192.0.2.11 ") || !strings.Contains(got.stdout, "STREAM other.example.corp\n") {
		t.Errorf("%+v", got)
	}
	if asked := z.questions(); !slices.Equal(asked, []string{"other.example.corp A"}) {
		t.Errorf("asked upstream: %v", asked)
	}
	for prefix, count := range map[string]float64{"other.": 2, "nothing": 4} { // questions; none was asked again
		var denials []map[string]any
		for _, e := range logged(t, log) {
			if name := e["server.address"].(string); strings.HasPrefix(name, prefix) && e["network.policy.decision"] == "deny" {
				denials = append(denials, e)
			}
		}
		if len(denials) != 2 || denials[0]["count"] != nil || denials[1]["count"] != count {
			t.Errorf("%s: want one line, and one that counts %v: %v", prefix, count, denials)
		}
	}
}
