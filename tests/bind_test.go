package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// zones is an outside with the zones of testdata/zones in it, signed but for the reverse ones: a bind9 on 127.0.0.2, which
// finds child.example.corp by its delegation to 127.0.0.4, and before it a validating unbound on 127.0.0.3.
type zones struct {
	*outside
}

const (
	bind      = "udp://127.0.0.2"
	validator = "udp://127.0.0.3"
)

// signed is where main_test.go has left the signed zones.
func signed(name string) string { return filepath.Join(built, "zones", name) }

const namedConfig = `options {
	directory "%[1]s"; pid-file none; session-keyfile none; lock-file none; managed-keys-directory "%[1]s";
	listen-on { 127.0.0.2; 127.0.0.4; }; listen-on-v6 { none; };
	dnssec-validation no; empty-zones-enable no; minimal-responses yes; max-records-per-type 0; max-query-restarts 20; notify no;
};
controls {};
logging {
	channel questions { file "questions.log"; print-time no; };
	category queries { questions; };
	category default { default_stderr; };
};
view child {
	match-destinations { 127.0.0.4; };
	recursion no;
	zone child.example.corp { type primary; file "%[2]s/child.example.corp.zone.signed"; };
};
view main {
	recursion yes;
	zone . { type primary; file "%[2]s/root.zone.signed"; };
	zone corp { type primary; file "%[2]s/corp.zone.signed"; };
	zone bogus.corp { type primary; file "%[2]s/bogus.corp.zone.signed"; };
	zone plain.corp { type primary; file "%[2]s/plain.corp.zone"; };
	zone example.corp { type primary; file "%[2]s/example.corp.zone.signed"; };
	zone 2.0.192.in-addr.arpa { type primary; file "%[2]s/reverse4.zone"; };
	zone 8.b.d.0.1.0.0.2.ip6.arpa { type primary; file "%[2]s/reverse6.zone"; };
};
`

const validatorConfig = `server:
	interface: 127.0.0.3
	port: 53
	username: ""
	chroot: ""
	directory: "%[1]s"
	pidfile: ""
	use-syslog: no
	verbosity: 1
	do-daemonize: no
	do-not-query-localhost: no
	module-config: "validator iterator"
	trust-anchor-file: "%[2]s/anchor.key"
	access-control: 127.0.0.0/8 allow
	local-zone: "2.0.192.in-addr.arpa." nodefault
	local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault
remote-control:
	control-enable: no
stub-zone:
	name: "."
	stub-addr: 127.0.0.2
`

// newZones makes the namespace and starts the servers.
func newZones(t *testing.T) *zones {
	t.Helper()
	// Who asks for the servers of example.corp without codex-dnsvisor is told at once that there is no way to them.
	z := &zones{newOutside(t, "ip route add unreachable 192.0.2.70/31")}
	must(t, os.WriteFile(z.path("named.conf"), fmt.Appendf(nil, namedConfig, z.dir, signed("")), 0o644))
	await(t, startLines(t, z.enter("sh", "-c", "exec named -f -n 1 -c named.conf 2>&1")), "running")
	must(t, os.WriteFile(z.path("validator.conf"), fmt.Appendf(nil, validatorConfig, z.dir, signed("")), 0o644))
	await(t, startLines(t, z.enter("sh", "-c", "exec unbound -d -c validator.conf 2>&1")), "start of service")
	return z
}

// questions are the questions that bind9 has got from outside of itself since the last call: name and type.
func (z *zones) questions() []string {
	z.t.Helper()
	text, err := os.ReadFile(z.path("questions.log"))
	must(z.t, err)
	must(z.t, os.Truncate(z.path("questions.log"), 0))
	var asked []string
	for line := range strings.Lines(string(text)) {
		if _, question, ok := strings.Cut(line, "view main: query: "); ok {
			words := strings.Fields(question)
			asked = append(asked, strings.ToLower(words[0])+" "+words[2])
		}
	}
	return asked
}

// policy writes a policy file and returns its path.
func (z *zones) policy(text string) string {
	z.t.Helper()
	path := z.path(fmt.Sprintf("policy%d.toml", time.Now().UnixNano()))
	must(z.t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// TestZoneSetup asks the servers themselves, so that what the other tests see is codex-dnsvisor's doing.
func TestZoneSetup(t *testing.T) {
	z := newZones(t)
	for question, want := range map[string]string{
		"@127.0.0.2 internal-data.example.corp":  "192.0.2.10",
		"@127.0.0.2 host.child.example.corp":     "192.0.2.40",
		"@127.0.0.3 host.child.example.corp":     "flags: qr rd ra ad;",
		"@127.0.0.3 internal-data.example.corp":  "flags: qr rd ra ad;",
		"@127.0.0.3 -x 192.0.2.10":               "flags: qr rd ra;",
		"@127.0.0.3 -x 2001:db8::10":             "backend-canonical-host.example.corp.",
		"@127.0.0.3 www.bogus.corp":              "status: SERVFAIL",
		"@127.0.0.3 +cd www.bogus.corp":          "192.0.2.90",
		"@127.0.0.2 +tcp +short many.plain.corp": "198.18.15.249",
		"@127.0.0.3 +tcp +short many.plain.corp": "198.18.15.249",
		"@127.0.0.3 +tcp long.plain.corp TXT":    "ANSWER: 240,",
		"@127.0.0.3 chain11.example.corp":        "192.0.2.100",
		"@127.0.0.2 chain11.example.corp":        "192.0.2.100",
	} {
		got := finish(t, z.enter(append([]string{"dig", "+tries=1"}, strings.Fields(question)...)...))
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%s: %q is not in %s", question, want, got.stdout)
		}
	}
}
