//go:build codex

package codex

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// The example of Claude Code's settings, with the released sandbox-runtime, which is Claude Code's sandbox. Its proxy goes to no address
// of the machine that it runs on, as Apache's is here, but by way of another proxy.
func TestSandboxRuntime(t *testing.T) {
	w := newProxied(t)
	example := program("testdata/examples/claude/settings.json")
	var claude struct {
		Sandbox struct {
			Network json.RawMessage `json:"network"`
		} `json:"sandbox"`
	}
	text, err := os.ReadFile(example)
	must(t, err)
	must(t, json.Unmarshal(text, &claude))
	settings, err := json.Marshal(map[string]any{
		"network":    claude.Sandbox.Network,
		"filesystem": map[string][]string{"denyRead": {}, "allowWrite": {"."}, "denyWrite": {}},
	})
	must(t, err)
	must(t, os.WriteFile(w.path("srt.json"), settings, 0o644))
	srt := slices.Concat([]string{"node", program("node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js"), "--settings", "../srt.json"}, script())
	if got := finish(t, w.command(srt...)); got.stdout != refused("None") {
		t.Errorf("without codex-dnsvisor: %+v", got)
	}
	for _, net := range []string{"--net=host", "--net=isolated"} {
		under := []string{program("codex-dnsvisor"), net, "--srt-settings", example, "--audit", audit, "--"}
		if got := finish(t, w.command(slices.Concat(under, srt)...)); got.stdout != fetched("None") {
			t.Errorf("%s: %+v", net, got)
		}
	}
}
