//go:build codex

package codex

import (
	"strings"
	"testing"
)

// fetch is curl by the SOCKS5 proxy that Codex names in ALL_PROXY, and what more is put before and behind.
func fetch(before, flags string) []string {
	return []string{"sh", "-c", before + `; unset HTTPS_PROXY https_proxy; curl -sS -w '%{http_code}' -o /dev/null --negotiate -u : ` + flags + " " + page}
}

// A tool that resolves the name itself hands Codex's proxy an address, which no domain of the configuration allows: now that names
// resolve it gets as far as that. One that hands over the name is let through.
func TestToolsThatHandOverAnAddress(t *testing.T) {
	const proxy = `"${ALL_PROXY#*//}"`
	const older = "export ALL_PROXY=socks5://" + proxy + " all_proxy="
	const refused, disagrees = "Can't complete SOCKS5 connection to " + alias + ". (2)", "connection to proxy closed"
	w := newWorld(t)
	for _, c := range []struct{ before, flags, want string }{
		{":", "--socks5 " + proxy, refused},
		{older, "", refused},
		{":", "--socks5-hostname " + proxy, "200"},
		{":", "", "200"}, // Codex's own ALL_PROXY is socks5h://
		{":", "--socks4 " + proxy, disagrees},
		{":", "--socks4a " + proxy, disagrees},
		{`http="$HTTPS_PROXY"`, `--noproxy '' --proxy "$http" --resolve ` + alias + ":443:10.88.0.10", "200"}, // curl hands over the name all the same
		{`http="$HTTPS_PROXY"`, `--noproxy '' --proxy "$http" --connect-to ::10.88.0.10:443`, "CONNECT tunnel failed, response 403"},
		{":", "--noproxy '*'", "Failed to connect to " + alias + " port 443"},
	} {
		if got := finish(t, w.command(beneath(fetch(c.before, c.flags)...)...)); !strings.Contains(got.stdout+got.stderr, c.want) {
			t.Errorf("%s %s: %+v", c.before, c.flags, got)
		}
	}
	w.configure("", "\"10.88.0.10\" = \"allow\"\n")
	if got := finish(t, w.command(beneath(fetch(":", "--socks5 "+proxy)...)...)); got.stdout != "200" {
		t.Errorf("where the configuration allows the address: %+v", got)
	}
}
