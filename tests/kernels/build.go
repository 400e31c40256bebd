package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// buildTests puts into a directory what runs in the guests: codex-dnsvisor, the tests, their clients and their data. Which those are,
// the tests know themselves.
func buildTests(dir string, a arch) error {
	if a.name != runtime.GOARCH {
		return fmt.Errorf("tests for %s are not built on %s", a.name, runtime.GOARCH)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	build := exec.Command("go", "test", "-tags", "netgo,osusergo", "-count", "1", "-timeout", "10m", "./tests")
	build.Env = append(os.Environ(), "DNSVISOR_TEST_BUILD="+dir)
	if out, err := build.CombinedOutput(); err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}
