package tests

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/docs"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/auditschema"
)

// TestAuditPage: each kind of event is as the schema says, the loop of docs/audit.md finds the chain whole, and the digest of the policy
// is what the page says.
func TestAuditPage(t *testing.T) {
	o := newOutside(t)
	o.startPython("count", "7000")
	write(t, o.path("policy.toml"), "[network.domains]\n\"host.example\" = \"allow\"\n")
	write(t, o.path("next.toml"), "[network.domains]\n\"later.example\" = \"allow\"\n")
	const script = `/usr/bin/python3 -c "$0" 7000 5
		getent hosts host.example; getent hosts none.example; dig +short @8.8.8.8 'a\000\255\034\"b.example'
		/usr/bin/python3 -c 'import socket; socket.create_connection(("192.0.2.7", 443))'
		mv next.toml policy.toml; until getent hosts later.example; do :; done`
	flags := []string{"--policy", "policy.toml", "--record", "host.example. A 192.0.2.1", "--record", "later.example. A 192.0.2.2"}
	shown := o.run(append([]string{"policy", "show"}, flags...)...)
	got := o.runIn(nil, slices.Concat([]string{"--quiet", "--audit", "audit.jsonl", "--forward", "7000"}, flags, []string{"--", "sh", "-c", script, half})...)
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	seen := map[string]bool{}
	text, err := os.ReadFile(o.path("audit.jsonl"))
	must(t, err)
	var digests []string
	for line := range strings.Lines(string(text)) {
		var e struct {
			Name   string `json:"event.name"`
			Digest string `json:"policy.digest"`
		}
		must(t, json.Unmarshal([]byte(line), &e))
		if seen[e.Name] = true; e.Digest != "" {
			digests = append(digests, e.Digest)
		}
		if err := auditschema.Line([]byte(line)); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	if names := slices.Sorted(maps.Keys(seen)); !slices.Equal(names, auditschema.Events()) {
		t.Errorf("the log has %q", names)
	}
	sum := exec.Command("sha256sum")
	sum.Stdin = strings.NewReader(shown.stdout)
	out := finish(t, sum)
	if digest, _, _ := strings.Cut(out.stdout, " "); len(digests) != 2 || digests[0] != "sha256:"+digest || digests[1] == digests[0] {
		t.Errorf("the log has %q, the policy %s", digests, digest)
	}
	for _, block := range shellBlocks(docs.Audit)[:1] {
		if got := finish(t, o.enter("sh", "-c", block)); got != (result{}) {
			t.Errorf("%s: %+v", block, got)
		}
		write(t, o.path("audit.jsonl"), strings.Replace(string(text), "host.example", "evil.example", 1))
		if got := finish(t, o.enter("sh", "-c", block)); !strings.HasPrefix(got.stdout, "broken: ") {
			t.Errorf("%s: a changed log: %+v", block, got)
		}
	}
}

// shellBlocks are what a page shows for a shell.
func shellBlocks(page string) (blocks []string) {
	for _, part := range strings.Split(page, "```sh\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, block)
	}
	return blocks
}
