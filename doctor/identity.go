package doctor

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// identity maps ids as a run does (package supervisor): an ordinary user his own, root every one that he has.
func (h *host) identity(c *sys.Config) error {
	uid, gid, err := h.ids()
	if err != nil {
		return err
	}
	if uid != "0" || !h.capable(unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SETFCAP) {
		c.NoSetgroups = true
		c.UIDMap, c.GIDMap = fmt.Sprintf("%s %s 1\n", uid, uid), fmt.Sprintf("%s %s 1\n", gid, gid)
		return nil
	}
	c.Nested = true
	if c.UIDMap, err = h.identityMap("uid_map"); err != nil {
		return err
	}
	c.GIDMap, err = h.identityMap("gid_map")
	return err
}

// identityMap maps the ids of our own map to themselves.
func (h *host) identityMap(name string) (string, error) {
	ours, err := h.read("proc/self/" + name)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(ours) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return "", fmt.Errorf("/proc/self/%s: a line of %d fields", name, len(fields))
		}
		fmt.Fprintf(&out, "%s %s %s\n", fields[0], fields[0], fields[2])
	}
	return out.String(), nil
}
