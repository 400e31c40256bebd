//go:build codex

package codex

import (
	"regexp"
	"slices"
	"testing"
)

const page = "https://" + alias + "/data"

// java fetches the page; flags choose whose Kerberos library it does so with.
func java(flags ...string) []string {
	return slices.Concat([]string{"java", "-XX:-UsePerfData", "-cp", built, "-Djavax.security.auth.useSubjectCredsOnly=false"}, flags,
		[]string{"-Djavax.net.ssl.trustStore=" + program("host.p12"), "-Djavax.net.ssl.trustStorePassword=password", "Negotiate", page})
}

// native has Java use MIT's library: its own takes no tickets for services from a cache.
var native = []string{"-Dsun.security.jgss.native=true", "-Dsun.security.jgss.lib=libgssapi_krb5.so.2"}

// clients get a page, or a repository, with a ticket.
func clients() []client {
	return []client{
		{
			"curl",
			[]string{"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--negotiate", "-u", ":", page},
			"^401$", "^200$",
		},
		{
			"git",
			[]string{"sh", "-c", `git -c http.emptyAuth=true clone -q "https://` + alias + `/git/project" "$TMPDIR/clone" && git -C "$TMPDIR/clone" log --format=%s`},
			"fatal: could not read Username", "^first commit\n$",
		},
		{"Java", java(native...), "java.net.UnknownHostException: " + alias, "^getCanonicalHostName " + canonical + "\nstatus 200\n$"},
		{
			"Node",
			[]string{"node", program("testdata/negotiate.cjs"), page},
			"^failed: getaddrinfo EAI_AGAIN " + alias, "^lookupService " + canonical + "\nstatus 200\n$",
		},
	}
}

type client struct {
	name          string
	command       []string
	without, with string // patterns for what it prints, without codex-dnsvisor and with it
}

// Clients of several makes get what they ask for by Codex's proxy, and not without codex-dnsvisor.
func TestClientsInCodex(t *testing.T) {
	newWorld(t).try(codex(), beneath())
}

// The same by another proxy, which codex-dnsvisor carries in.
func TestClientsIsolated(t *testing.T) {
	newProxied(t).try(without(), isolated())
}

func (w *world) try(without, with []string) {
	w.t.Helper()
	for _, c := range clients() {
		if got := finish(w.t, w.command(slices.Concat(without, c.command)...)); !regexp.MustCompile(c.without).MatchString(got.stdout + got.stderr) {
			w.t.Errorf("%s without codex-dnsvisor: %+v", c.name, got)
		}
		if got := finish(w.t, w.command(slices.Concat(with, c.command)...)); !regexp.MustCompile(c.with).MatchString(got.stdout) {
			w.t.Errorf("%s with codex-dnsvisor: %+v", c.name, got)
		}
	}
}
