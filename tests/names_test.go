package tests

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allow makes flags of exact rules or patterns.
func allow(patterns ...string) []string {
	var flags []string
	for _, p := range patterns {
		flags = append(flags, "--allow", p)
	}
	return flags
}

// run runs a command under codex-dnsvisor with one upstream.
func (z *zones) run(upstream string, flags []string, command ...string) result {
	z.t.Helper()
	return z.outside.run(slices.Concat([]string{"--upstream", upstream}, flags, []string{"--"}, command)...)
}

// dig asks questions in one run, one after the other, and returns a reply for each. A question is dig's arguments.
func (z *zones) dig(t *testing.T, upstream string, flags []string, questions ...string) []string {
	t.Helper()
	cmd := z.enter(slices.Concat([]string{binary, "--quiet", "--upstream", upstream}, flags, []string{"--", "dig", "+tries=1", "+time=10", "-f", "-"})...)
	var batch strings.Builder
	for _, q := range questions {
		batch.WriteString("@8.8.8.8 " + q + "\n")
	}
	cmd.Stdin = strings.NewReader(batch.String())
	got := finish(t, cmd)
	replies := strings.Split(got.stdout, ";; Got answer:\n")[1:]
	if len(replies) != len(questions) {
		t.Fatalf("%d replies to %q: %+v", len(replies), questions, got)
	}
	return replies
}

// blanks are what dig puts between the fields of a record.
var blanks = regexp.MustCompile(`[\t ]+`)

// aging is the time that a record has left.
var aging = regexp.MustCompile(` \d+ IN `)

// has fails the test unless a reply, with one space where there are many and without times to live, contains all of some texts, and none of those
// that begin with a !.
func has(t *testing.T, question, reply string, texts ...string) {
	t.Helper()
	reply = aging.ReplaceAllString(blanks.ReplaceAllString(reply, " "), " IN ")
	for _, text := range texts {
		absent, not := strings.CutPrefix(text, "!")
		if strings.Contains(reply, absent) == not {
			t.Errorf("%s: want %q in\n%s", question, text, reply)
		}
	}
}

// check asks in one run the question that each row begins with, and wants what the rest of the row says of its reply.
func (z *zones) check(upstream string, flags []string, rows [][]string) {
	z.t.Helper()
	var questions []string
	for _, row := range rows {
		questions = append(questions, row[0])
	}
	for i, reply := range z.dig(z.t, upstream, flags, questions...) {
		has(z.t, upstream+" "+rows[i][0], reply, rows[i][1:]...)
	}
}

const (
	internalData = "internal-data.example.corp"
	backend      = "backend-canonical-host.example.corp"
)

// canonical is the case that the project was begun for: a name, what Kerberos makes of it, its sibling, and its address
// before and after.
const canonical = `import socket
def attempt(f, *args):
    try: return f(*args)
    except (socket.herror, socket.gaierror) as e: return e.args[1]
print(attempt(socket.gethostbyaddr, "192.0.2.10"))
print(sorted({a[4][0] for a in attempt(socket.getaddrinfo, "internal-data.example.corp", 443)}))
print(attempt(socket.getfqdn, "internal-data.example.corp"))
print(attempt(socket.getaddrinfo, "other.example.corp", 443))
for address in "192.0.2.10", "2001:db8::10", "192.0.2.11": print(attempt(socket.gethostbyaddr, address))
print(sorted({a[4][0] for a in attempt(socket.getaddrinfo, "backend-canonical-host.example.corp", 443)}))`

func TestCanonicalHost(t *testing.T) {
	z := newZones(t)
	const want = `Unknown host
['192.0.2.10', '2001:db8::10']
backend-canonical-host.example.corp
Name or service not known
('backend-canonical-host.example.corp', [], ['192.0.2.10'])
('backend-canonical-host.example.corp', [], ['2001:db8::10'])
Unknown host
['192.0.2.10', '2001:db8::10']
`
	for _, upstream := range []string{bind, validator} {
		if got := z.run(upstream, allow(internalData), "/usr/bin/python3", "-c", canonical); got.stdout != want {
			t.Errorf("%s: %s\nwant %s%s", upstream, got.stdout, want, got.stderr)
		}
	}
}

// What bind9 was asked is what the rule and its authority lead to: no address but those answered with, no sibling.
func TestReverseNames(t *testing.T) {
	z := newZones(t)
	log := z.path("audit.jsonl")
	questions := []string{"-x 192.0.2.10", "-x 2001:db8::10", "-x 192.0.2.11", internalData, "-x 192.0.2.10", "-x 192.0.2.11", "-x 203.0.113.1"}
	replies := z.dig(t, bind, slices.Concat(allow(internalData), []string{"--audit", log}), questions...)
	for i, q := range questions {
		switch i {
		case 3:
			has(t, q, replies[i], "status: NOERROR", "CNAME "+backend+".", "192.0.2.10")
		case 4:
			has(t, q, replies[i], "status: NOERROR", "PTR "+backend+".")
		default:
			has(t, q, replies[i], "status: NXDOMAIN", "IN SOA ", "ANSWER: 0,")
		}
	}
	for _, q := range z.questions() {
		if name := strings.Fields(q)[0]; !slices.Contains([]string{internalData, backend, "10.2.0.192.in-addr.arpa"}, name) {
			t.Errorf("asked upstream: %s", q)
		}
	}
	derived := map[string]any{
		"server.address": "10.2.0.192.in-addr.arpa", "network.policy.decision": "allow", "network.policy.source": "derived", "network.policy.rule": internalData,
	}
	if lines := logged(t, log); !slices.ContainsFunc(lines, func(e map[string]any) bool { return matches(e, derived) }) {
		t.Errorf("no line has %v in %v", derived, lines)
	}
}

// An explicit deny of what a name leads to ends it, whatever the rule that allowed the first name.
func TestDeniedTarget(t *testing.T) {
	z := newZones(t)
	log := z.path("audit.jsonl")
	for _, rule := range []string{internalData, "**.example.corp"} {
		flags := slices.Concat(allow(rule), []string{"--deny", backend, "--audit", log})
		for _, q := range []string{internalData, internalData + " AAAA", backend} {
			has(t, q, z.dig(t, bind, flags, q)[0], "status: NXDOMAIN", "EDE: 15 (Blocked)", "!192.0.2.10", "!2001:db8::10")
		}
	}
	want := map[string]any{
		"server.address": internalData, "network.policy.decision": "deny", "network.policy.source": "derived", "network.policy.reason": "denied",
		"dns.response_code": "NXDOMAIN",
	}
	if lines := logged(t, log); !slices.ContainsFunc(lines, func(e map[string]any) bool { return matches(e, want) }) {
		t.Errorf("no line has %v in %v", want, lines)
	}
}

// A name for an address is given where it has that address, always, or never.
func TestReverseModes(t *testing.T) {
	z := newZones(t)
	modes := map[string][]string{ // to the PTR of an address whose name has another one, and of one whose name has it
		"confirmed": {"status: NXDOMAIN", "PTR other.example.corp."},
		"any":       {"PTR liar.example.corp.", "PTR other.example.corp."},
		"off":       {"status: NXDOMAIN", "status: NXDOMAIN"},
	}
	for mode, want := range modes {
		log := z.path(mode + ".jsonl")
		flags := slices.Concat(allow("mismatch.example.corp", "other.example.corp"), []string{"--audit", log, "--policy", z.policy("[dns]\nptr = \"" + mode + "\"\n")})
		replies := z.dig(t, bind, flags, "mismatch.example.corp", "other.example.corp", "-x 192.0.2.12", "-x 192.0.2.11")
		has(t, mode, replies[2], want[0])
		has(t, mode, replies[3], want[1])
		lines := logged(t, log)
		unconfirmed := slices.ContainsFunc(lines, func(e map[string]any) bool {
			return matches(e, map[string]any{
				"server.address": "12.2.0.192.in-addr.arpa", "network.policy.decision": "deny",
				"network.policy.source": "derived", "network.policy.reason": "unconfirmed",
			})
		})
		if unconfirmed != (mode == "confirmed") {
			t.Errorf("%s: %v", mode, lines)
		}
	}
}

// leases asks until what a name with a TTL of a second led to is allowed, then until it is denied again, and then until it is
// allowed again.
const leases = `status() { dig +tries=1 @8.8.8.8 "$@" | sed -n 's/.*status: \([A-Z]*\).*/\1/p'; }
led() { until [ "$(status brief.example.corp) $(status brief-target.example.corp) $(status -x 192.0.2.13)" = "NOERROR NOERROR NOERROR" ]; do :; done; echo led; }
status brief-target.example.corp
led
until [ "$(status brief-target.example.corp)" = NXDOMAIN ]; do :; done
until [ "$(status -x 192.0.2.13)" = NXDOMAIN ]; do :; done
led`

// A derived name is allowed while its lease lasts, and no longer by being asked for.
func TestLeaseEnds(t *testing.T) {
	z := newZones(t)
	flags := slices.Concat(allow("brief.example.corp"), []string{"--policy", z.policy("[dns]\nmin-lease = \"1s\"\nmax-lease = \"1s\"\n")})
	const want = "NXDOMAIN\nled\nled\n"
	if got := z.run(bind, flags, "sh", "-c", leases); got.stdout != want {
		t.Errorf("%+v", got)
	}
	// The floor holds what the TTL would end: asking for longer does not.
	const held = `dig +short @8.8.8.8 brief.example.corp
		end=$(($(date +%s) + 3)); while [ "$(date +%s)" -lt "$end" ]; do dig @8.8.8.8 brief-target.example.corp | grep -q NOERROR || echo ended; done`
	if got := z.run(bind, allow("brief.example.corp"), "sh", "-c", held); strings.Contains(got.stdout, "ended") || !strings.Contains(got.stdout, "192.0.2.13") {
		t.Errorf("%+v", got)
	}
}

// Loopback, the namespace's own addresses and special names answer without anybody outside.
func TestLocalReverse(t *testing.T) {
	z := newZones(t)
	z.check(bind, allow("**.example.corp"), [][]string{
		{"-x 127.0.0.1", "PTR localhost."},
		{"-x 127.1.2.3", "status: NOERROR", "PTR localhost."},
		{"-x ::1", "PTR localhost."},
		{"localhost", "A 127.0.0.1"},
		{"localhost AAAA", "AAAA ::1"},
		{"-x 192.0.0.8", "status: NOERROR", "PTR localhost."},
		{"-x 100::8", "status: NOERROR", "PTR localhost."},
		{"-x 10.0.0.1", "status: NXDOMAIN", "IN SOA "},
		{"-x 169.254.169.254", "status: NXDOMAIN", "IN SOA "},
		{"1.in-addr.arpa PTR", "status: NXDOMAIN", "IN SOA "},
		{"x.ip6.arpa PTR", "status: NXDOMAIN", "IN SOA "},
		{"lb._dns-sd._udp.0.2.0.192.in-addr.arpa PTR", "status: NXDOMAIN", "IN SOA "},
	})
	if asked := z.questions(); len(asked) > 0 {
		t.Errorf("asked upstream: %v", asked)
	}
}
