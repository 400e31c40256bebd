// Package tests runs codex-dnsvisor end to end: real programs, real resolvers, real captures. Run by root, it runs
// everything a second time as an ordinary user.
package tests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/ordinary"
)

// dirVar tells the second pass what the first has built.
const dirVar = "DNSVISOR_TEST_DIR"

// buildVar names a directory for what the tests use, for a run elsewhere: it is built, and nothing is tested.
const buildVar = "DNSVISOR_TEST_BUILD"

// built is where codex-dnsvisor and the tests' own clients are, built from this tree.
var built string

// binary is the codex-dnsvisor under test.
var binary string

func TestMain(m *testing.M) { os.Exit(mainTest(m)) } //nolint:forbidigo // as main

func mainTest(m *testing.M) int {
	if built = os.Getenv(dirVar); built != "" {
		binary = filepath.Join(built, "codex-dnsvisor")
		return m.Run()
	}
	if dir := os.Getenv(buildVar); dir != "" {
		built, binary = dir, filepath.Join(dir, "codex-dnsvisor")
		if err := errors.Join(build(dir), bring(dir)); err != nil {
			return complain(err)
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "dnsvisor-tests-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	built, binary = dir, filepath.Join(dir, "codex-dnsvisor")
	if err := build(dir); err != nil {
		return complain(err)
	}
	status := m.Run()
	if os.Geteuid() == 0 {
		status = max(status, asOrdinary(dir))
	}
	return status
}

// build puts into dir what both passes use.
func build(dir string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	client := func(name string) string { return filepath.Join(dir, name) }
	tools, err := findToolchain()
	if err != nil {
		return err
	}
	for _, args := range slices.Concat(attackers(client, tools.get("GOARCH") == ""), [][]string{
		{"make", "-C", "..", "build", "OUT=" + binary},
		{"mkdir", client("zones")},
		{"env", "--chdir=testdata/zones", "./sign", client("zones")},
		{"gcc", "-o", client("glibc"), "testdata/clients/getaddrinfo.c"},
		{"musl-gcc", "-static", "-o", client("musl"), "testdata/clients/getaddrinfo.c"},
		{"gcc", "-o", client("state"), "testdata/clients/state.c"},
		{"gcc", "-o", client("sendmmsg"), "testdata/clients/sendmmsg.c"},
		{"sh", "-c", "$CC -Wall -Wextra -Wno-nonnull -Wno-stringop-overread -pthread -o $0 testdata/clients/cases/*.c", client("cases")},
		{"gcc", "-O2", "-o", client("flood"), "testdata/clients/flood.c"},
		{"gcc", "-O2", "-o", client("comet"), "testdata/clients/comet.c"},
		{"gcc", "-pthread", "-o", client("table"), "testdata/clients/table.c"},
		{"gcc", "-O2", "-pthread", "-o", client("racer"), "testdata/clients/racer.c"},
		{"gcc", "-Wall", "-Wextra", "-O2", "-pthread", "-o", client("scatter"), "testdata/clients/scatter.c"},
		{"gcc", "-O2", "-o", client("hammer"), "testdata/clients/hammer.c"},
		{"gcc", "-o", client("door"), "testdata/clients/door.c"},
		{"gcc", "-O2", "-pthread", "-o", client("hail"), "testdata/clients/hail.c"},
		{"gcc", "-o", client("profile"), "testdata/clients/profile.c"},
		{"gcc", "-o", client("asker"), "testdata/clients/asker.c"},
		{"gcc", "-pthread", "-o", client("kinds"), "testdata/clients/kinds.c"},
		{"gcc", "-o", client("tagged"), "testdata/clients/tagged.c"},
		{foreign, "-O1", "-nostdlib", "-static", "-no-pie", "-fno-stack-protector", "-o", client("foreign"), "testdata/clients/foreign.c"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", client("storm"), "./testdata/clients/storm"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", client("random"), "./testdata/clients/random"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", client("records"), "./testdata/clients/records"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", client("go"), "./testdata/clients/lookup"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", client("conformance"), "./testdata/clients/conformance"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", client("reload"), "./testdata/clients/reload"},
		{"env", "CGO_ENABLED=1", "go", "build", "-tags", "netcgo", "-o", client("cgo"), "./testdata/clients/lookup"},
	}) {
		if out, err := tools.command(args).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	return nil
}

// bring puts beside what is built this test binary and its data, for who may not be able to read the source tree.
func bring(dir string) error {
	tools, err := findToolchain()
	if err != nil {
		return err
	}
	self, err := tools.self(filepath.Join(dir, "tests.test"))
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		self,
		{"cp", "-rL", "testdata", dir},
	} {
		if out, err := tools.command(args).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	return nil
}

// asOrdinary runs this test binary again as an ordinary user.
func asOrdinary(dir string) int {
	if err := bring(dir); err != nil {
		return complain(err)
	}
	fmt.Println("=== as an ordinary user")
	if err := ordinary.Run(filepath.Join(dir, "tests.test"), dir, dirVar); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
