package supervisor

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// MapIDs fills in how the command's user namespaces map ids: everybody to himself.
//
// An ordinary user maps his own ids, and the command keeps no capability. Root maps every id that he has, into two
// namespaces: the outer owns the network, and the command has its capabilities in the inner one only, where chown,
// su and tar work, and ip is refused.
func MapIDs(c *sys.Config) error {
	if !mayMapAll() {
		c.NoSetgroups = true
		c.UIDMap = fmt.Sprintf("%d %d 1\n", os.Geteuid(), os.Geteuid())
		c.GIDMap = fmt.Sprintf("%d %d 1\n", os.Getegid(), os.Getegid())
		return nil
	}
	c.Nested = true
	for name, text := range map[string]*string{"uid_map": &c.UIDMap, "gid_map": &c.GIDMap} {
		ours, err := os.ReadFile("/proc/self/" + name)
		if err != nil {
			return fmt.Errorf("read our own id map: %w", err)
		}
		if *text, err = identityMap(string(ours)); err != nil {
			return fmt.Errorf("/proc/self/%s: %w", name, err)
		}
	}
	return nil
}

// mayMapAll says whether we are root with what writing a map of many ids takes (user_namespaces(7)); mapping uid 0
// takes CAP_SETFCAP since Linux 5.12.
func mayMapAll() bool {
	if os.Geteuid() != 0 {
		return false
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	const need = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETFCAP
	return data[0].Effective&need == need
}

// identityMap turns a namespace's own map (inside, outside, count) into one that maps the same ids to themselves.
func identityMap(ours string) (string, error) {
	var out strings.Builder
	for line := range strings.Lines(ours) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return "", fmt.Errorf("a line of %d fields", len(fields))
		}
		for _, i := range []int{0, 2} {
			if _, err := strconv.ParseUint(fields[i], 10, 32); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(&out, "%s %s %s\n", fields[0], fields[0], fields[2])
	}
	return out.String(), nil
}
