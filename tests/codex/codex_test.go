//go:build codex

package codex

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// audit is the log, seen from the directory of the commands, which Codex lets them write in.
const audit = "../audit.jsonl"

// codex is a command in the released Codex's sandbox.
func codex(args ...string) []string {
	return slices.Concat([]string{"node", program("node_modules/@openai/codex/bin/codex.js"), "sandbox", "-P", "workspace", "--"}, args)
}

// under is what a user of Codex puts before it. The profile is found as Codex finds it.
func under(args ...string) []string {
	return slices.Concat([]string{program("codex-dnsvisor"), "--net=host", "--codex-profile", "workspace", "--audit", audit, "--"}, args)
}

// beneath is a command in Codex's sandbox, under codex-dnsvisor.
func beneath(args ...string) []string { return under(codex(args...)...) }

// script is a user's script that fetches the data.
func script() []string { return []string{"/usr/bin/python3", program("testdata/data.py")} }

// refused is what it prints where no name resolves.
func refused(active string) string {
	return "CODEX_NETWORK_PROXY_ACTIVE " + active + "\ngetaddrinfo failed: [Errno -3] Temporary failure in name resolution\ngetfqdn " + alias + "\nrequest 401\n"
}

// fetched is what it prints where the name resolves.
func fetched(active string) string {
	return "CODEX_NETWORK_PROXY_ACTIVE " + active + "\ngetaddrinfo 10.88.0.10\ngetfqdn " + canonical + "\nrequest 200\n"
}

// What a user's script gets in Codex's sandbox, and what it gets there with codex-dnsvisor: the address, the canonical name, and the data.
func TestFrom401To200(t *testing.T) {
	w := newWorld(t)
	if got := finish(t, w.command(codex(script()...)...)); got.stdout != refused("1") || got.status != 0 {
		t.Errorf("without codex-dnsvisor: %+v", got)
	}
	if got := finish(t, w.command(beneath(script()...)...)); got.stdout != fetched("1") || got.status != 0 {
		t.Errorf("with codex-dnsvisor: %+v", got)
	}
	asked := map[string]bool{}
	for _, line := range w.audited(audit) {
		if line.Executable == "" || !strings.HasPrefix(line.Executable, "/usr/bin/python3") || line.Decision != "allow" {
			t.Errorf("%+v", line)
		}
		asked[line.Name+" "+line.Type] = true
	}
	want := []string{"10.0.88.10.in-addr.arpa PTR", canonical + " A", canonical + " AAAA", alias + " A", alias + " AAAA"}
	if got := slices.Sorted(maps.Keys(asked)); !slices.Equal(got, want) {
		t.Errorf("the log has %q", got)
	}
}

// Codex's proxy refuses a host that its configuration does not allow, with codex-dnsvisor and without; its name does not resolve either.
func TestAHostThatIsNotAllowed(t *testing.T) {
	w := newWorld(t)
	for _, in := range []func(...string) []string{codex, beneath} {
		got := finish(t, w.command(in("curl", "-sI", "http://"+other+"/")...))
		if !strings.HasPrefix(got.stdout, "HTTP/1.1 403 ") || !strings.Contains(got.stdout, "x-proxy-error: blocked-by-allowlist\r\n") {
			t.Errorf("%+v", got)
		}
	}
	got := finish(t, w.command(beneath("getent", "hosts", other)...))
	if got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, "denied "+other+" (asked by /usr/bin/getent") {
		t.Errorf("%+v", got)
	}
	if lines := w.audited(audit); len(lines) == 0 || lines[0].Decision != "deny" || lines[0].Name != other || lines[0].Executable != "/usr/bin/getent" {
		t.Errorf("the log has %+v", lines)
	}
}

// decision is a line of the audit log.
type decision struct {
	Event      string `json:"event.name"`
	Decision   string `json:"network.policy.decision"`
	Name       string `json:"server.address"`
	Port       int    `json:"server.port"`
	Type       string `json:"dns.question.type"`
	Executable string `json:"process.executable.path"`
}

// audited are the decisions of a log.
func (w *world) audited(file string) []decision {
	w.t.Helper()
	log, err := os.ReadFile(w.path("work/" + file))
	must(w.t, err)
	var lines []decision
	for text := range strings.Lines(string(log)) {
		var line decision
		must(w.t, json.Unmarshal([]byte(text), &line))
		if !strings.HasPrefix(line.Event, "codex.dns.session_") {
			lines = append(lines, line)
		}
	}
	return lines
}
