//go:build codex

package codex

import (
	"slices"
	"strings"
	"testing"
)

// model points Codex at what stands in for the model.
const model = `
[model_providers.local]
name = "local"
base_url = "http://127.0.0.1:8000/v1"
wire_api = "responses"
`

// The agent itself, not its sandbox subcommand: what the model has it run, each in a sandbox of its own, gets the data.
func TestAgent(t *testing.T) {
	w := newWorld(t)
	w.service(w.command(slices.Concat([]string{"/usr/bin/python3", program("testdata/model.py")}, script())...), "listening")
	w.configure("", model)
	agent := []string{"node", program("node_modules/@openai/codex/bin/codex.js"), "exec", "-m", "stand-in", "-c", "model_provider=local", "-c", "analytics.enabled=false", "--skip-git-repo-check", "fetch the data"}
	if got := finish(t, w.command(agent...)); strings.Count(got.stdout, refused("1")) != 3 {
		t.Errorf("without codex-dnsvisor: %+v", got)
	}
	if got := finish(t, w.command(under(agent...)...)); strings.Count(got.stdout, fetched("1")) != 3 {
		t.Errorf("with codex-dnsvisor: %+v", got)
	}
	for _, line := range w.audited(audit) {
		if !strings.HasPrefix(line.Executable, "/usr/bin/python3") {
			t.Errorf("%+v", line)
		}
	}
}
