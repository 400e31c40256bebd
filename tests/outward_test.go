package tests

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestUpstream asks a real unbound through every hop of the way.
func TestUpstream(t *testing.T) {
	o := newOutside(t)
	ask := func(args ...string) result {
		base := []string{"--allow", "**.corp.test", "--deny", "secret.corp.test", "--upstream", "udp://127.0.0.1", "--"}
		return o.run(append(base, args...)...)
	}
	t.Run("canonical name", func(t *testing.T) {
		got := ask("getent", "ahostsv4", "alias.corp.test")
		if !strings.HasPrefix(got.stdout, "192.0.2.10 ") || !strings.Contains(got.stdout, "STREAM backend.corp.test\n") || got.stderr != "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("truncation and TCP", func(t *testing.T) {
		got := ask("dig", "+ignore", "+noedns", "@8.8.8.8", "big.corp.test")
		if !regexp.MustCompile(`flags: qr[a-z ]* tc`).MatchString(got.stdout) {
			t.Errorf("no TC: %+v", got)
		}
		got = ask("dig", "+noedns", "+short", "@8.8.8.8", "big.corp.test")
		if n := strings.Count(got.stdout, "198.51.100."); n != 120 {
			t.Errorf("%d addresses over TCP, want 120: %+v", n, got)
		}
	})
	t.Run("absent", func(t *testing.T) {
		if got := ask("dig", "@8.8.8.8", "absent.corp.test"); !strings.Contains(got.stdout, "status: NXDOMAIN") || strings.Contains(got.stdout, "EDE") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("IPv6 only has no IPv4", func(t *testing.T) {
		if got := ask("dig", "@8.8.8.8", "only6.corp.test"); !strings.Contains(got.stdout, "status: NOERROR") || !strings.Contains(got.stdout, "ANSWER: 0") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a denied target ends the chain", func(t *testing.T) {
		got := ask("dig", "@8.8.8.8", "leads.corp.test")
		if !strings.Contains(got.stdout, "status: NXDOMAIN") || !strings.Contains(got.stdout, "EDE: 15") || strings.Contains(got.stdout, "192.0.2.66") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("local addresses are filtered from a wildcard's answers", func(t *testing.T) {
		for _, name := range []string{"local.corp.test", "meta.corp.test"} {
			if got := ask("dig", "+short", "@8.8.8.8", name); got.stdout != "" {
				t.Errorf("%+v", got)
			}
		}
		got := o.run("--allow", "local.corp.test", "--upstream", "udp://127.0.0.1", "--", "dig", "+short", "@8.8.8.8", "local.corp.test")
		if got.stdout != "127.0.0.1\n" {
			t.Errorf("exact rule: %+v", got)
		}
	})
	t.Run("the system's resolver", func(t *testing.T) {
		must(t, os.WriteFile(o.path("resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644))
		script := `mount --bind resolv.conf /etc/resolv.conf && exec "$0" --allow a.corp.test -- getent ahostsv4 a.corp.test`
		got := finish(t, o.enter("unshare", "--map-root-user", "--mount", "sh", "-c", script, binary))
		if !strings.HasPrefix(got.stdout, "192.0.2.1 ") {
			t.Errorf("%+v", got)
		}
	})
}

// question is a query in tcpdump's words.
var question = regexp.MustCompile(`127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.53: .* (\S+)\? (\S+)\. \(`)

// TestCapture: not one packet of the tree is seen outside, and only our own questions for allowed names are.
func TestCapture(t *testing.T) {
	o := newOutside(t)
	script := `for n in a.corp.test alias.corp.test secret.corp.test exfil.example; do
		getent ahosts $n; dig +tries=1 +time=2 @8.8.8.8 $n; dig +tcp +tries=1 +time=2 @10.9.8.1 $n; dig +tries=1 @127.0.0.1 $n TXT; done
		curl -m 5 http://10.9.8.1/; curl -m 5 http://127.0.0.1:53/; ping -c 1 -W 1 10.9.8.1
		/usr/bin/python3 -c 'import socket
for dst in [("10.9.8.1", 9), ("10.9.8.255", 9), ("224.0.0.251", 5353), ("255.255.255.255", 53)]:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    try: s.sendto(b"x" * 40, dst)
    except OSError as e: print(e)'`
	o.run("--allow", "a.corp.test", "--allow", "alias.corp.test", "--upstream", "udp://127.0.0.1", "--", "sh", "-c", script)
	seen := map[string]bool{}
	for _, packet := range o.captured() {
		m := question.FindStringSubmatch(packet)
		if m == nil {
			t.Errorf("a packet that is not a question of ours: %s", packet)
			continue
		}
		name := strings.ToLower(m[2])
		seen[name] = true
		if !slices.Contains([]string{"a.corp.test", "alias.corp.test", "middle.corp.test", "backend.corp.test"}, name) {
			t.Errorf("asked upstream: %s", packet)
		}
	}
	if !seen["a.corp.test"] || !seen["alias.corp.test"] {
		t.Errorf("the capture misses our questions: %v", seen)
	}
}

// TestAudit: one line a decision, with the process that asked, for what was allowed, denied and blocked.
func TestAudit(t *testing.T) {
	log := t.TempDir() + "/audit.jsonl"
	script := `getent ahostsv4 alias.example; getent hosts other.example; dig +tcp +short @9.9.9.9 host.example
		/usr/bin/python3 -c 'import socket; socket.create_connection(("192.0.2.7", 443))'`
	run(t, slices.Concat([]string{"--audit", log}, withStatic("sh", "-c", script))...)
	events := logged(t, log)
	for name, want := range map[string]map[string]any{
		"allowed by UDP": {
			"event.name": "codex.dns.policy_decision", "network.policy.scope": "domain", "network.policy.decision": "allow",
			"network.policy.source": "record", "network.policy.rule": "alias.example", "network.transport.protocol": "dns_udp",
			"server.address": "alias.example", "server.port": 53.0, "dns.question.type": "A", "dns.response_code": "NOERROR",
		},
		"denied": {
			"event.name": "codex.dns.policy_decision", "network.policy.decision": "deny", "network.policy.reason": "not_allowed",
			"network.policy.source": "baseline_policy", "server.address": "other.example", "dns.response_code": "NXDOMAIN",
		},
		"allowed by TCP": {
			"network.transport.protocol": "dns_tcp", "server.address": "host.example", "dns.resolver.address": "9.9.9.9",
		},
		"blocked": {
			"event.name": "codex.dns.block_decision", "network.policy.scope": "non_domain", "network.policy.decision": "deny",
			"network.transport.protocol": "tcp", "server.address": "192.0.2.7", "server.port": 443.0, "syscall.name": "connect",
		},
	} {
		if !slices.ContainsFunc(events, func(e map[string]any) bool { return matches(e, want) }) {
			t.Errorf("%s: no line has %v in\n%v", name, want, events)
		}
	}
	for _, e := range events {
		if e["process.pid"] == nil || e["process.executable.path"] == nil || e["process.command_args"] == nil || e["process.parent_pid"] == nil {
			t.Errorf("nobody asked: %v", e)
		}
	}
}

func matches(event, want map[string]any) bool {
	for key, value := range want {
		if event[key] != value {
			return false
		}
	}
	return true
}
