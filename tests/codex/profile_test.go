//go:build codex

package codex

import (
	"strings"
	"testing"
)

// What Codex does where it starts no proxy is not ours to change: a profile without network has no sockets, and where the proxy's
// feature is off the command is in the host's network.
func TestWithoutCodexProxy(t *testing.T) {
	w := newWorld(t)
	const sockets = `import socket
try: socket.socket(); print("a socket")
except PermissionError as e: print(e)`
	for _, c := range []struct{ old, text, script, want string }{
		{"enabled = true", "enabled = false", `/usr/bin/python3 -c '` + sockets + `'`, "[Errno 1] Operation not permitted\n"},
		{"network_proxy = true", "network_proxy = false", `readlink /proc/self/ns/net`, finish(t, w.command("readlink", "/proc/self/ns/net")).stdout},
	} {
		w.configure(c.old, c.text)
		for _, in := range []func(...string) []string{codex, beneath} {
			if got := finish(t, w.command(in("sh", "-c", c.script)...)); got.stdout != c.want || !strings.HasSuffix(got.stdout, "\n") {
				t.Errorf("%s: %+v", c.text, got)
			}
		}
	}
}
