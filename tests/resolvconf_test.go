package tests

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A tree that can write the host's resolv.conf, as root's can, does not choose with it who is asked, nor spell anything in an
// address: the upstream "system" stays what it was at the start. A changed policy does not have it read again either.
func TestTreeWritesResolvConf(t *testing.T) {
	o := newOutside(t)
	policy := "[network.domains]\n\"**.corp.example\" = \"allow\"\n[dns]\ncache-size = 0\n"
	write(t, o.path("policy.toml"), policy)
	must(t, os.WriteFile(o.path("resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644))
	enter := func(args ...string) *exec.Cmd {
		const own = `mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)" && exec "$0" "$@"`
		return o.enter(append([]string{"unshare", "--map-root-user", "--mount", "sh", "-c", own}, args...)...)
	}
	f := followIn(t, o.dir, enter, "--", "sh", "-c", `while read -r l; do eval "$l"; done`)
	tell := func(command, want string) {
		t.Helper()
		_, err := fmt.Fprintln(f.stdin, command)
		must(t, err)
		if got := strings.TrimSpace(line(t, f.stdout)); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	const ask = "echo $(dig +short +tries=1 @8.8.8.8 "
	tell(ask+"backend.corp.example)", "192.0.2.10")
	tell("echo nameserver 127.83.69.67 >/etc/resolv.conf; cat /etc/resolv.conf", "nameserver 127.83.69.67")
	tell(ask+"a.corp.example)", "192.0.2.1")
	write(t, o.path("policy.toml"), policy+"min-ttl = 1\n")
	f.reloaded("applied")
	tell(ask+"only6.corp.example AAAA)", "2001:db8::6")
	f.end()
	for _, packet := range o.captured() {
		if strings.Contains(packet, "127.83.69.67") {
			t.Errorf("asked where the tree wanted: %s", packet)
		}
	}
}
