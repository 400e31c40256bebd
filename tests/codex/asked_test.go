//go:build codex

package codex

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// What make test-sandboxes asks in other sandboxes, asked in those of npm: by glibc, dig and c-ares; a denied name; and whether there is still no way out.
func TestAskedByEveryMeans(t *testing.T) {
	w := newProxied(t)
	script, err := os.ReadFile(program("testdata/ask.sh"))
	must(t, err)
	must(t, os.WriteFile(w.path("work/ask.sh"), []byte(strings.ReplaceAll(string(script), `-c "$1"`, program("testdata/cares.py"))), 0o644))
	const seen = "192.0.2.1       STREAM host.example\n192.0.2.1\nc-ares 192.0.2.1\ndenied 2\nno way out\n"
	const bare = "denied 2\nno way out\n"
	ask := []string{"bash", "ask.sh"}
	for name, sandbox := range map[string][]string{"Codex": codex(ask...), "sandbox-runtime": w.runtime(ask...)} {
		if got := finish(t, w.command(sandbox...)); !strings.HasSuffix(got.stdout, bare) || strings.Contains(got.stdout, "192.0.2.1") {
			t.Errorf("%s without codex-dnsvisor: %+v", name, got)
		}
		for _, net := range []string{"--net=host", "--net=isolated"} {
			under := []string{program("codex-dnsvisor"), net, "--record", "host.example. A 192.0.2.1", "--allow", "host.example", "--"}
			got := finish(t, w.command(slices.Concat(under, sandbox)...))
			if got.stdout != seen || !strings.Contains(got.stderr, "denied denied.example (asked by /usr/bin/getent") {
				t.Errorf("%s, %s: %+v", name, net, got)
			}
		}
	}
}
