//go:build clients

package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// resolvedConfig has systemd-resolved validate what it asks, and answer at a port that nobody else has.
const resolvedConfig = `[Resolve]
DNS=8.8.8.8
FallbackDNS=
Domains=~.
DNSSEC=yes
DNSOverTLS=no
LLMNR=no
MulticastDNS=no
Cache=no
DNSStubListener=no
DNSStubListenerExtra=udp:127.0.0.1:5353
`

// askResolved runs systemd-resolved with a root's files of its own, and asks it.
const askResolved = `set -e
	mount -t tmpfs run /run; mkdir -p /run/systemd; mount -t overlay -o "lowerdir=$PWD/etc:/etc" etc /etc
	LD_LIBRARY_PATH="$(echo "$0"/usr/lib/*/systemd)" "$0/lib/systemd/systemd-resolved" 2>resolved.log & trap 'kill $!' EXIT
	until dig +tries=1 +time=1 -p 5353 @127.0.0.1 localhost >/dev/null; do kill -0 $!; done
	dig +tries=1 +time=20 -p 5353 -f questions`

// A systemd-resolved inside says that allowed names are secure, and does not believe what is bogus or denied, where there is an
// interface; one that finds nothing but lo says at once that it has no network.
func TestResolvedInside(t *testing.T) {
	if os.Geteuid() != 0 {
		return // it becomes a user of its own
	}
	z := newZones(t)
	root, err := filepath.Abs("../.cache/clients/root")
	must(t, err)
	key, err := os.ReadFile(signed("anchor.key"))
	must(t, err)
	passwd, err := os.ReadFile("/etc/passwd")
	must(t, err)
	for name, text := range map[string]string{
		"systemd/resolved.conf":                resolvedConfig,
		"dnssec-trust-anchors.d/root.positive": string(key),
		"dnssec-trust-anchors.d/none.negative": "none.invalid\n", // in place of its own, which has corp
		"passwd":                               string(passwd) + "systemd-resolve:x:997:997::/:/usr/sbin/nologin\n",
	} {
		path := z.path(filepath.Join("etc", name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	rows := [][]string{
		{"+adflag " + internalData, "status: NOERROR", "flags: qr rd ra ad;", "192.0.2.10"},
		{"+adflag host.plain.corp", "status: NOERROR", "flags: qr rd ra;", "192.0.2.91"},
		{"www.bogus.corp", "status: SERVFAIL"},
		{"other.example.corp", "status: SERVFAIL"},
	}
	var questions strings.Builder
	for _, row := range rows {
		questions.WriteString("@127.0.0.1 " + row[0] + "\n")
	}
	must(t, os.WriteFile(z.path("questions"), []byte(questions.String()), 0o644))
	const link = "ip link set lo up; ip link add d0 type veth peer name d1; ip link set d1 up; ip addr add 198.51.100.1/24 dev d0; ip link set d0 up; ip route add default dev d0\n"
	ask := func(upstream, script string, namespaces ...string) []string {
		got := z.run(upstream, validated, slices.Concat([]string{"unshare", "--mount"}, namespaces, []string{"sh", "-c", script, root})...)
		replies := strings.Split(got.stdout, ";; Got answer:\n")[1:]
		if len(replies) != len(rows) {
			log, err := os.ReadFile(z.path("resolved.log"))
			t.Fatalf("%d replies: %+v\n%s%v", len(replies), got, log, err)
		}
		return replies
	}
	for _, upstream := range upstreams {
		for i, reply := range ask(upstream, link+askResolved, "--net") {
			has(t, upstream+" "+rows[i][0], reply, rows[i][1:]...)
		}
		for i, reply := range ask(upstream, askResolved) {
			has(t, "without an interface "+rows[i][0], reply, "status: SERVFAIL")
		}
	}
}
