package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// conditionsTest is the test binary that changes the guest.
const conditionsTest = "conditions.test"

// buildTests puts into a directory what runs in the guests: codex-dnsvisor, the tests, their clients and their data. Which those are,
// the tests know themselves.
func buildTests(dir string, a arch) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tags := "netgo,osusergo"
	if slices.ContainsFunc(groups, func(g group) bool { return g.arch == a.name }) { // the adversary's
		tags += ",adversary"
	}
	build := exec.Command("go", "test", "-tags", tags, "-count", "1", "-timeout", "10m", "./tests")
	build.Env = append(os.Environ(), "DNSVISOR_TEST_BUILD="+dir, "DNSVISOR_TEST_ARCH="+a.name)
	if out, err := build.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	// It needs nothing of C's.
	build = exec.Command("go", "test", "-tags", "guest", "-c", "-o", filepath.Join(dir, conditionsTest), "./tests/kernels/conditions")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+a.name)
	if out, err := build.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}
