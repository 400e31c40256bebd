package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// statuses is a shell's command that asks for names, one after the other, and prints each with its status.
func statuses(names ...string) []string {
	const script = `for n; do echo "$n $(dig +tries=1 @8.8.8.8 $n | sed -n 's/.*status: \([A-Z]*\).*/\1/p')"; done`
	return append([]string{"sh", "-c", script, "sh"}, names...)
}

// Beyond the budget of a wildcard names are denied, which is said once and logged each time; those that count already, and
// those of exact rules, are answered as before.
func TestBudget(t *testing.T) {
	z := newZones(t)
	policy := z.policy(`[network.domains]
"*.wild.example.corp" = "allow"
"example.corp" = "allow"
"types.example.corp" = "allow"
"other.example.corp" = "allow"
"internal-data.example.corp" = "allow"
"chain1.example.corp" = "allow"
[dns]
cache-size = 0
[dns.budget]
names = 3
`)
	names := strings.Fields(`a.wild.example.corp b.wild.example.corp c.wild.example.corp d.wild.example.corp e.wild.example.corp d.wild.example.corp a.wild.example.corp
		example.corp types.example.corp other.example.corp internal-data.example.corp chain1.example.corp`)
	want := ""
	for i, name := range names {
		status := "NOERROR"
		if i >= 3 && i < 6 {
			status = "NXDOMAIN"
		}
		want += name + " " + status + "\n"
	}
	log := z.path("audit.jsonl")
	got := z.run(bind, []string{"--policy", policy, "--audit", log}, statuses(names...)...)
	if got.stdout != want {
		t.Errorf("%s\nwant %s", got.stdout, want)
	}
	const said = "over the budget of names for *.wild.example.corp"
	if strings.Count(got.stderr, said) != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "hint: [dns.budget] in a policy file") {
		t.Errorf("not said once: %s", got.stderr)
	}
	denied := 0
	for _, e := range logged(t, log) {
		if matches(e, map[string]any{"network.policy.decision": "deny", "network.policy.reason": "budget", "network.policy.rule": "*.wild.example.corp"}) {
			denied++
		}
	}
	if denied != 3 {
		t.Errorf("%d lines of the log have the reason, not 3", denied)
	}
	var wild []string
	for _, q := range z.questions() {
		if strings.Contains(q, ".wild.") && !slices.Contains(wild, q) {
			wild = append(wild, q)
		}
	}
	if want := []string{"a.wild.example.corp A", "b.wild.example.corp A", "c.wild.example.corp A"}; !slices.Equal(wild, want) {
		t.Errorf("asked upstream: %v", wild)
	}
}

// A static alias of a whole domain takes labels of the sandbox's choice upstream: they cost as much as those of a name that is
// asked for itself, where that is one of special use, or a text, too. Below localhost, which needs no rule, they stay at home.
func TestBudgetBehindAliases(t *testing.T) {
	for _, c := range []struct {
		rule, domain, kind string
		most               int // names upstream
	}{
		{"*", "lab.test", "A", 3},
		{"**.lab.example", "lab.example", "TXT", 3},
		{"other.example.corp", "localhost", "A", 0},
	} {
		z := newZones(t)
		policy := z.policy(fmt.Sprintf("[network.domains]\n%q = \"allow\"\n[dns.budget]\nnames = 3\n[dns.records]\nzone = \"%s. DNAME wild.example.corp.\"\n", c.rule, c.domain))
		var questions []string
		for i := range 10 {
			questions = append(questions, fmt.Sprintf("s%d.%s %s", i, c.domain, c.kind))
		}
		replies := z.dig(t, bind, []string{"--policy", policy}, questions...)
		asked := z.questions()
		slices.Sort(asked)
		if asked = slices.Compact(asked); len(asked) != c.most {
			t.Errorf("%s below %s: asked upstream: %v", c.domain, c.rule, asked)
		}
		if c.most > 0 {
			has(t, c.domain, replies[0], "status: NOERROR", "s0.wild.example.corp. IN "+c.kind+" ")
			has(t, c.domain, replies[9], "status: NXDOMAIN", "EDE: 15 (Blocked): (over the budget of names for "+c.rule)
		}
	}
}

// kindsAtOnce asks for as many types of one name at once as there are arguments, and counts the replies by their codes.
const kindsAtOnce = `import collections, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("8.8.8.8", 53)); s.settimeout(30)
name = b"".join(bytes([len(l)]) + l.encode() for l in sys.argv[1].split(".")) + b"\0"
for kind in sys.argv[2:]: s.send(int(kind).to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + name + int(kind).to_bytes(2, "big") + b"\0\1")
codes = collections.Counter(s.recv(4096)[3] & 15 for _ in sys.argv[2:])
print(codes[0], codes[2])`

// A name that a rule allows exactly has no budget, but a rate: what would wait too long fails, and is not asked.
func TestRateOfExactRules(t *testing.T) {
	z := newZones(t)
	policy := z.policy("[network.domains]\n\"types.example.corp\" = \"allow\"\n[dns.budget]\nnames = 1\nbytes = 1\nquestions = 1\n")
	types := strings.Fields("1 2 5 6 12 15 28 33 39 43 44 48 52 64 65 256 257")
	got := z.run(bind, []string{"--policy", policy}, slices.Concat([]string{"/usr/bin/python3", "-c", kindsAtOnce, "types.example.corp"}, types)...)
	var answered, failed int
	if _, err := fmt.Sscanf(got.stdout, "%d %d\n", &answered, &failed); err != nil || answered+failed != len(types) || answered < 2 || failed == 0 {
		t.Errorf("%+v", got)
	}
	if asked := z.questions(); len(asked) != answered {
		t.Errorf("%d answers from %v", answered, asked)
	}
	if !strings.Contains(got.stderr, "cannot resolve types.example.corp: too many questions to upstreams") {
		t.Errorf("not said: %s", got.stderr)
	}
}
