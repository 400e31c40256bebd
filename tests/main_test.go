// Package tests runs codex-dnsvisor end to end: real programs, real resolvers, real captures. Run by root, it runs
// everything a second time as an ordinary user.
package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// ordinary is the user that root's second pass runs as. It needs no entry in /etc/passwd.
const ordinary = 54321

// Variables that the second pass gets from the first.
const (
	passVar   = "DNSVISOR_TEST_PASS"
	binaryVar = "DNSVISOR_TEST_BINARY"
)

// binary is the codex-dnsvisor under test, built from this tree.
var binary string

func TestMain(m *testing.M) { os.Exit(mainTest(m)) }

func mainTest(m *testing.M) int {
	if os.Getenv(passVar) != "" {
		binary = os.Getenv(binaryVar)
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "dnsvisor-tests-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return complain(err)
	}
	binary = filepath.Join(dir, "codex-dnsvisor")
	build := exec.Command("make", "-C", "..", "build", "OUT="+binary)
	if out, err := build.CombinedOutput(); err != nil {
		return complain(fmt.Errorf("%w\n%s", err, out))
	}
	status := m.Run()
	if os.Geteuid() == 0 && os.Getenv("DNSVISOR_TEST_ROOT_ONLY") == "" {
		status = max(status, asOrdinary(dir))
	}
	return status
}

// asOrdinary runs this test binary again as an ordinary user.
func asOrdinary(dir string) int {
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return complain(err)
	}
	if err := os.Chown(home, ordinary, ordinary); err != nil {
		return complain(err)
	}
	self := filepath.Join(dir, "tests.test")
	if out, err := exec.Command("cp", "/proc/self/exe", self).CombinedOutput(); err != nil {
		return complain(fmt.Errorf("%w\n%s", err, out))
	}
	fmt.Println("=== as an ordinary user")
	again := exec.Command(self, os.Args[1:]...)
	again.Env = append(os.Environ(), passVar+"=ordinary", binaryVar+"="+binary, "HOME="+home, "TMPDIR="+home)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ordinary, Gid: ordinary}}
	if err := again.Run(); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
