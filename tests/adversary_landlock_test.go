//go:build adversary

package tests

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A forwarder whose kernel says that it has Landlock, and then has nothing to enforce, does not answer: it would be confined less than it says.
func TestAdversaryLandlockTurnsOutEmpty(t *testing.T) {
	o := newOutside(t)
	file := o.path("landlock")
	start := func(options ...string) string {
		cmd := o.enter(slices.Concat([]string{"strace", "-f", "-qq", "-o", file, "-e", "trace=landlock_create_ruleset", "-e", "signal=none"}, options, []string{
			"sh", "-c", `echo $$; exec "$0" forward --listen "unix://$1" --allow a.corp.example --upstream udp://127.0.0.1 2>&1`, binary, o.path("dns.sock"),
		})...)
		lines := startLines(t, cmd)
		pid, err := strconv.Atoi(line(t, lines))
		must(t, err)
		said := line(t, lines)
		_ = unix.Kill(pid, unix.SIGKILL) // strace ends with whom it traces, and by no signal of its own
		_ = cmd.Wait()
		return said
	}
	if said := start(); !strings.Contains(said, "answering at") {
		t.Fatalf("unhurt: %s", said)
	}
	trace, err := os.ReadFile(file)
	must(t, err)
	if strings.Count(string(trace), "ENOSYS")+strings.Count(string(trace), "EOPNOTSUPP") > 0 {
		t.Skip("this kernel has no Landlock: its forwarder has nothing to be told of") // doctor says so
	}
	versions := strings.Count(string(trace), "LANDLOCK_CREATE_RULESET_VERSION)")
	if versions < 2 {
		t.Fatalf("the version is asked for %d times:\n%s", versions, trace)
	}
	if said := start("-e", fmt.Sprintf("inject=landlock_create_ruleset:error=ENOSYS:when=%d", versions)); !strings.HasPrefix(said, "error: confine ourselves: ") {
		t.Errorf("the last of %d askings says that there is none: %q", versions, said)
	}
}
