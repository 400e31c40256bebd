package tests

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/auditschema"
)

// logged is what a log tells, but for where sessions begin and end.
func logged(t *testing.T, path string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	var events []map[string]any
	for line := range strings.Lines(string(text)) {
		e := map[string]any{}
		must(t, json.Unmarshal([]byte(line), &e))
		if err := auditschema.Line([]byte(line)); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if name := e["event.name"]; name != "codex.dns.session_start" && name != "codex.dns.session_end" {
			events = append(events, e)
		}
	}
	return events
}

// With --observe every name is answered, and the log says what the policy would have done; calls that are no DNS stay blocked, and
// local addresses filtered.
func TestObserve(t *testing.T) {
	o := newOutside(t)
	const script = `import socket
for name in "backend", "a", "secret", "leads", "local":
    try: print(name, socket.getaddrinfo(name + ".corp.example", None, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0])
    except OSError: print(name, "fails")
try: socket.create_connection(("192.0.2.1", 80), 1)
except OSError as e: print(e.errno)`
	got := o.run("--quiet", "--observe", "--audit", o.path("log"), "--upstream", "udp://127.0.0.1", "--allow", "backend.corp.example", "--allow", "leads.corp.example",
		"--deny", "secret.corp.example", "--", "/usr/bin/python3", "-c", script)
	if got.stdout != "backend 192.0.2.10\na 192.0.2.1\nsecret 192.0.2.66\nleads 192.0.2.66\nlocal fails\n13\n" {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got.stderr, "WARNING: --observe DENIES NO NAME") || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("a quiet run says %q", got.stderr)
	}
	type said struct {
		decision, source, reason, rule string
		observed                       bool
	}
	want := map[string]said{
		"backend.corp.example": {"allow", "baseline_policy", "allow", "backend.corp.example", false},
		"a.corp.example":       {"allow", "baseline_policy", "not_allowed", "", true},
		"secret.corp.example":  {"allow", "baseline_policy", "denied", "secret.corp.example", true},
		"leads.corp.example":   {"allow", "derived", "denied", "secret.corp.example", true},
		"local.corp.example":   {"deny", "baseline_policy", "not_allowed_local", "", false},
		"192.0.2.1":            {"deny", "baseline_policy", "not_allowed", "", false},
	}
	for _, e := range logged(t, o.path("log")) {
		text := func(key string) string { s, _ := e[key].(string); return s }
		name := text("server.address")
		observed, marked := e["observed"].(bool)
		is := said{text("network.policy.decision"), text("network.policy.source"), text("network.policy.reason"), text("network.policy.rule"), observed}
		if is != want[name] || marked != observed {
			t.Errorf("%s: %+v, want %+v", name, e, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not in the log: %v", want)
	}
}
