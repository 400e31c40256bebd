package supervisor

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// memoryLimit is from where on the garbage collector runs more often, in bytes. A cache that is full, the bounded number of questions
// and the buffers of forwards that are busy stay below. The user's GOMEMLIMIT outweighs it.
const memoryLimit = 512 << 20

// overFiles are root's capabilities over files that others own: policies, and the directories of sockets.
var overFiles = []int{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH, unix.CAP_LEASE}

// overNetworks and overProcesses are those over what belongs to no user namespace below us. Over what is below, its owner has every
// capability (user_namespaces(7)).
var (
	overNetworks  = []int{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE}
	overProcesses = []int{unix.CAP_SYS_PTRACE, unix.CAP_KILL}
)

// confine gives up what a run does not need any more, before the first of the command's own code runs.
//
// There is no Landlock here: whoever is in a Landlock domain may look into nobody outside of it (landlock(7)), and looking into the tree
// is what we do.
func (c *Config) confine() error {
	keep := slices.Clone(overFiles)
	if c.Host || flat() {
		keep = append(keep, overNetworks...)
	}
	if c.Host {
		keep = append(keep, overProcesses...)
	}
	return confine(filter.Own{Arch: filter.Native(), Unix: c.Unix, Rotates: c.Log.Rotates() != ""}, sys.Confinement{Capabilities: keep})
}

// flat says whether root's command may have a network namespace of our own user namespace: see command.c.
func flat() bool {
	for path, refuses := range map[string]string{"unprivileged_userns_clone": "0", "apparmor_restrict_unprivileged_userns": "1"} {
		text, err := os.ReadFile("/proc/sys/kernel/" + path)
		if err == nil && strings.HasPrefix(string(text), refuses) {
			return true
		}
	}
	return false
}

func confine(own filter.Own, how sys.Confinement) error {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
	watchHeap()
	program, err := own.Program()
	if err != nil {
		return err
	}
	how.Filter = program
	if err := how.Apply(); err != nil {
		return fmt.Errorf("confine ourselves: %w", err)
	}
	return nil
}
