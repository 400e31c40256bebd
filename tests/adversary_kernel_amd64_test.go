//go:build adversary

package tests

import (
	"slices"
	"strings"
	"testing"
)

// What of the kernel acts outside of a namespace is refused to the command, and to the root of a sandbox of its own, who have the outside's
// namespaces open.
func TestAdversaryKernel(t *testing.T) {
	o := newOutside(t)
	pid := o.bystander(t)
	var flaws string
	// Before commit 7b735ef81286 (2026) the kernel did not ask who may have an interface's other end in a network: SECURITY.md.
	bare := o.enter("unshare", "-Urn", "ip", "link", "add", "x0", "type", "veth", "peer", "name", "x1", "netns", pid)
	said := "ok"
	if finish(t, bare).status == 0 {
		flaws, said = "veth peer name x1 here, "+pid+"\n", "warning"
	}
	if doctor := finish(t, o.enter(binary, "doctor", "--json")); !strings.Contains(doctor.stdout, `"check":"others' networks","status":"`+said+`"`) {
		t.Errorf("doctor does not say %q of others' networks: %+v", said, doctor)
	}
	const open = `exec 10</proc/self/ns/net 11</proc/self/ns/user 12</proc/self/ns/mnt 13</proc/self/ns/pid; exec "$@"`
	for name, p := range map[string]struct {
		net  string
		env  string
		root []string
	}{
		"isolated":            {"--net=isolated", "HOME_NETWORK=1", nil},
		"isolated, below":     {"--net=isolated", "HOME_NETWORK=", []string{"unshare", "-Urnm"}},
		"host, below unshare": {"--net=host", "HOME_NETWORK=", []string{"unshare", "-Urnm"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := slices.Concat([]string{"bash", "-c", open, "bash", binary, p.net, "--quiet", "--"}, p.root, []string{"env", p.env, "python3", hostile(t, "kernel.py"), pid})
			got := finish(t, o.enter(args...))
			if got.stdout != "done\n" && got.stdout != flaws+"done\n" || got.status != 0 {
				t.Errorf("%+v", got)
			}
			t.Log(got.stderr)
		})
	}
	o.silent(t)
}
