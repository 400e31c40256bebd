//go:build codex

package codex

import (
	"slices"
	"testing"
)

// Where Codex does not use its proxy, there is nothing for codex-dnsvisor to do: it leaves commands in the host's network, or
// refuses them internet sockets itself.
func TestProfilesWithoutTheProxy(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ profile, want string }{
		{"workspace", "10.88.0.10\n"}, // the host's own answer
		{":workspace", "[Errno 1] Operation not permitted\n"},
		{":read-only", "[Errno 1] Operation not permitted\n"},
	} {
		const ask = `import socket
try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print(socket.gethostbyname("` + alias + `"))
except OSError as e: print(e)`
		sandbox := []string{"node", program("node_modules/@openai/codex/bin/codex.js"), "sandbox", "--disable", "network_proxy", "-P", c.profile, "--", "/usr/bin/python3", "-c", ask}
		under := []string{program("codex-dnsvisor"), "--net=host", "--codex-profile", "workspace", "--audit", audit, "--"}
		if got := finish(t, w.command(slices.Concat(under, sandbox)...)); got.status != 0 || got.stdout != c.want {
			t.Errorf("%s: %+v", c.profile, got)
		}
	}
	if lines := w.audited(audit); len(lines) != 0 {
		t.Errorf("the log has %+v", lines)
	}
}
