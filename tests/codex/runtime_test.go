//go:build codex

package codex

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// claude is the example of Claude Code's settings.
func claude() string { return program("testdata/examples/claude/settings.json") }

// runtime is a command in the released sandbox-runtime, which is Claude Code's sandbox, by the settings of the example.
func (w *world) runtime(args ...string) []string {
	w.t.Helper()
	var example struct {
		Sandbox struct {
			Network json.RawMessage `json:"network"`
		} `json:"sandbox"`
	}
	text, err := os.ReadFile(claude())
	must(w.t, err)
	must(w.t, json.Unmarshal(text, &example))
	settings, err := json.Marshal(map[string]any{
		"network":    example.Sandbox.Network,
		"filesystem": map[string][]string{"denyRead": {}, "allowWrite": {"."}, "denyWrite": {}},
	})
	must(w.t, err)
	must(w.t, os.WriteFile(w.path("srt.json"), settings, 0o644))
	return slices.Concat([]string{"node", program("node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js"), "--settings", "../srt.json"}, args)
}

// Its proxy goes to no address of the machine that it runs on, as Apache's is here, but by way of another proxy.
func TestSandboxRuntime(t *testing.T) {
	w := newProxied(t)
	srt := w.runtime(script()...)
	if got := finish(t, w.command(srt...)); got.stdout != refused("None") {
		t.Errorf("without codex-dnsvisor: %+v", got)
	}
	for _, net := range []string{"--net=host", "--net=isolated"} {
		under := []string{program("codex-dnsvisor"), net, "--srt-settings", claude(), "--audit", audit, "--"}
		if got := finish(t, w.command(slices.Concat(under, srt)...)); got.stdout != fetched("None") {
			t.Errorf("%s: %+v", net, got)
		}
	}
}
