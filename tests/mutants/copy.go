package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const tags = "netgo,osusergo"

// copied is a copy of the sources, and what is built of it.
type copied struct{ sources, built string }

// newCopy copies the tree that it runs in, and builds its tests and their clients.
func newCopy(dir string) (*copied, error) {
	c := &copied{filepath.Join(dir, "sources"), filepath.Join(dir, "built")}
	for _, d := range []string{c.sources, c.built} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return nil, err
		}
	}
	copyAll := exec.Command("sh", "-c", `git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$0"`, c.sources)
	if out, err := copyAll.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the sources: %w\n%s", err, out)
	}
	build := c.command("go", "test", "-tags", tags, "-count", "1", "./tests")
	build.Env = append(build.Env, "DNSVISOR_TEST_BUILD="+c.built)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the tests: %w\n%s", err, out)
	}
	return c, c.build()
}

func (c *copied) command(args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = c.sources, append(os.Environ(), "CGO_ENABLED=1")
	return cmd
}

// build builds codex-dnsvisor as quickly as can be.
func (c *copied) build() error {
	if out, err := c.command("go", "build", "-tags", tags, "-o", filepath.Join(c.built, "codex-dnsvisor"), "./cmd/codex-dnsvisor").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// try breaks a fallback, tests, and mends it. It returns the tests that failed.
func (c *copied) try(m mutant) (failed []string, err error) {
	name := filepath.Join(c.sources, m.file)
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return nil, fmt.Errorf("what is to be broken stands %d times in %s", n, m.file)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.WriteFile(name, text, 0o600)) }()
	if err := c.build(); err != nil {
		return nil, err
	}
	return c.test("^without_"+m.mask+"$", time.Minute)
}

// units are the tests of internal/sys that are of fallbacks.
var units = []string{
	"TestMask", "TestNothingStartsWithoutWhatIsRequired", "TestLaunchWithout", "TestTheKeeperLetsGo", "TestLongerNotifications", "TestFilterFlags",
	"TestReadMemoryBothWays", "TestReadMemoryOfNobody", "TestTakeDescriptor",
}

// test runs a part of TestFallbacks, and tests of internal/sys where that does not fail.
func (c *copied) test(part string, limit time.Duration) (failed []string, err error) {
	// In a process namespace of their own: what hangs ends with them.
	apart := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Geteuid() != 0 {
		apart = append(apart, "--user", "--map-current-user")
	}
	whole := c.command(append(apart, filepath.Join(c.built, "tests.test"), "-test.run", "^TestFallbacks$/"+part, "-test.v", "-test.timeout", limit.String())...)
	whole.Dir, whole.Env = c.built, append(whole.Env, "DNSVISOR_TEST_DIR="+c.built)
	parts := c.command(append(apart, "go", "test", "-tags", tags, "-count", "1", "-timeout", limit.String(), "-v", "-run", "^("+strings.Join(units, "|")+")$", "./internal/sys")...)
	if failed, err = outcome(whole, "--- PASS: TestFallbacks/"); err != nil || len(failed) > 0 {
		return failed, err
	}
	failed, err = outcome(parts, "--- PASS: ")
	for i := range failed {
		failed[i] = "internal/sys " + failed[i]
	}
	return failed, err
}

// outcome runs tests, and returns those that failed. Where none did, a line says that there were any.
func outcome(tests *exec.Cmd, passed string) ([]string, error) {
	out, err := tests.CombinedOutput()
	failed := failures(string(out))
	switch exit := (*exec.ExitError)(nil); {
	case err != nil && !errors.As(err, &exit), err != nil && len(failed) == 0:
		return nil, fmt.Errorf("%w\n%s", err, out)
	case err == nil && !strings.Contains(string(out), passed):
		return nil, fmt.Errorf("nothing was tested\n%s", out)
	}
	return failed, nil
}

var (
	failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	hanging = regexp.MustCompile(`(?m)^panic: test timed out after|^\s+running tests:\n\s+(\S+)`)
)

// failures are the innermost tests that failed, or that did not end.
func failures(output string) []string {
	var names []string
	for _, found := range slices.Concat(failure.FindAllStringSubmatch(output, -1), hanging.FindAllStringSubmatch(output, -1)) {
		if found[1] != "" {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(names, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
}
