//go:build codex

package codex

import (
	"slices"
	"strings"
	"testing"
)

// without is a command in a network namespace that a proxy was carried into, as sandboxes do it, by socat and a unix socket.
func without(args ...string) []string {
	const carry = `ip link set lo up; socat TCP-LISTEN:3128,bind=127.0.0.1,fork UNIX-CONNECT:../proxy & carrier=$!
		until ss -Hltn | grep -q :3128; do :; done; "$@"; kill $carrier`
	return slices.Concat([]string{"unshare", "-rn", "bash", "-c", carry, "bash"}, args)
}

// isolated is a command in codex-dnsvisor's own network namespace.
func isolated(flags ...string) []string {
	return slices.Concat([]string{program("codex-dnsvisor"), "--allow", alias, "--audit", audit}, flags, []string{"--"})
}

// newProxied is a world with an allowlisting proxy on the loopback, which its commands are told of.
func newProxied(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.service(w.command("tinyproxy", "-d", "-c", w.path("tinyproxy.conf")), "Accepting connections")
	w.service(w.command("socat", "-d", "-d", "UNIX-LISTEN:../proxy,fork", "TCP:127.0.0.1:3128"), "listening on")
	w.env = append(w.env, "http_proxy=http://127.0.0.1:3128", "HTTPS_PROXY=http://127.0.0.1:3128")
	return w
}

// What the same script gets without names, and with them, where the proxy is another's, and codex-dnsvisor carries it in.
func TestIsolated(t *testing.T) {
	w := newProxied(t)
	for _, c := range []struct {
		in   []string
		want string
	}{
		{without(), refused("None")},
		{isolated(), fetched("None")},
	} {
		if got := finish(t, w.command(slices.Concat(c.in, script())...)); got.stdout != c.want || got.status != 0 {
			t.Errorf("%v: %+v", c.in, got)
		}
		got := finish(t, w.command(slices.Concat(c.in, []string{"curl", "-sI", "http://" + other + "/"})...))
		if !strings.HasPrefix(got.stdout, "HTTP/1.0 403 ") && !strings.HasPrefix(got.stdout, "HTTP/1.1 403 ") {
			t.Errorf("%v, a host that is not allowed: %+v", c.in, got)
		}
	}
}

// kdc makes the KDC the one on the loopback, by TCP.
const kdc = `sed 's/kdc = 10.88.0.88/kdc = 127.0.0.1/; s/\[libdefaults\]/&\n udp_preference_limit = 1/' "$KRB5_CONFIG" >krb5.conf
	export KRB5_CONFIG=$PWD/krb5.conf KRB5CCNAME=FILE:$PWD/fresh; rm -f fresh; `

// A forward carries the KDC in: tickets are got inside, and used there, by MIT's library and by Java's own, which asks the KDC itself.
func TestForwardToTheKDC(t *testing.T) {
	w := newProxied(t)
	const tickets = kdc + `klist -s; echo "before $?"; echo password | kinit alice >/dev/null; "$@"; klist | grep -o HTTP/.*`
	in := slices.Concat(isolated("--forward", "88:kdc.example.corp:88"), []string{"sh", "-c", tickets, "sh"})
	const before, after = "before 1\n", "HTTP/" + canonical + "@EXAMPLE.CORP\n"
	if got := finish(t, w.command(slices.Concat(in, script())...)); got.stdout != before+fetched("None")+after {
		t.Errorf("%+v", got)
	}
	if got := finish(t, w.command(slices.Concat(in, java("-Djava.security.krb5.conf=krb5.conf"))...)); got.stdout != before+"getCanonicalHostName "+canonical+"\nstatus 200\n" {
		t.Errorf("%+v", got)
	}
	if carried := w.carried(); carried[88] < 4 { // kinit, kvno's part of the script, and both of Java's
		t.Errorf("connections by port: %v", carried)
	}
}

// Codex in codex-dnsvisor's network namespace, its proxy chained to one outside.
func TestCodexIsolated(t *testing.T) {
	w := newProxied(t)
	in := []string{program("codex-dnsvisor"), "--codex-profile", "workspace", "--audit", audit, "--"}
	if got := finish(t, w.command(slices.Concat(in, codex(script()...))...)); got.stdout != fetched("1") {
		t.Errorf("%+v", got)
	}
	if carried := w.carried(); carried[3128] == 0 {
		t.Errorf("connections by port: %v", carried)
	}
}

// carried counts the connections that forwards carried, by their port.
func (w *world) carried() map[int]int {
	w.t.Helper()
	count := map[int]int{}
	for _, line := range w.audited(audit) {
		if line.Event == "codex.dns.forward" && line.Decision == "allow" && line.Executable != "" {
			count[line.Port]++
		}
	}
	return count
}
