//go:build clients

// Package clients runs real clients, each over its own resolver, under codex-dnsvisor, and writes docs/clients.md.
// Run by root, it runs them as an ordinary user.
package clients

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/ordinary"
)

// dirVar tells the ordinary user's pass what root's has built.
const dirVar = "DNSVISOR_CLIENTS_DIR"

var update = flag.Bool("update", false, "write docs/clients.md instead of comparing with it")

// built is where codex-dnsvisor and the clients that the tests build are.
var built string

func program(name string) string { return filepath.Join(built, name) }

func TestMain(m *testing.M) { os.Exit(mainTest(m)) } //nolint:forbidigo // as main

func mainTest(m *testing.M) int {
	flag.Parse()
	if built = os.Getenv(dirVar); built != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "dnsvisor-clients-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		return complain(err)
	}
	if os.Geteuid() != 0 {
		built = dir
		return m.Run()
	}
	return asOrdinary(dir)
}

// build puts into dir all that an ordinary user needs, who may not be able to read the source tree.
func build(dir string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"make", "-C", "../..", "build", "OUT=" + path("codex-dnsvisor")},
		{"cp", "-r", "testdata", "../../docs/clients.md", dir},
		{"cp", "-r", cache + "/.", path("cache")},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", path("each"), "./testdata/each"},
		{"env", "CGO_ENABLED=0", "go", "build", "-o", path("golang"), "./testdata/golang"},
		{"musl-gcc", "-static", "-o", path("musl"), "../testdata/clients/getaddrinfo.c"},
		{"gcc", "-m32", "-static", "-I/usr/include/x86_64-linux-gnu", "-o", path("i386"), "../testdata/clients/getaddrinfo.c"},
		{"javac", "-d", dir, "testdata/Lookup.java"},
		// Debian's cargo, which takes the crates that Debian's packages brought.
		{"env", "--chdir=" + path("testdata/rust"), "CARGO_TARGET_DIR=" + path("rust"), "/usr/bin/cargo", "build", "--release", "--offline", "--quiet"},
		{"mcs", "-out:" + path("lookup.exe"), "testdata/Lookup.cs"},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w; what is missing, make deps-clients installs\n%s", args, err, out)
		}
	}
	return nil
}

// cache is where make deps-clients puts what it does not install.
const cache = "../../.cache/clients"

// asOrdinary runs this test binary again as an ordinary user, and takes back the page that it wrote.
func asOrdinary(dir string) int {
	self, err := os.Executable()
	if err != nil {
		return complain(err)
	}
	for _, args := range [][]string{
		{"cp", self, filepath.Join(dir, "clients.example")},
		{"chown", strconv.Itoa(ordinary.UID), filepath.Join(dir, "clients.md")},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return complain(fmt.Errorf("%v: %w\n%s", args, err, out))
		}
	}
	if err := ordinary.Run(filepath.Join(dir, "clients.example"), dir, dirVar); err != nil {
		return complain(err)
	}
	if !*update {
		return 0
	}
	page, err := os.ReadFile(filepath.Join(dir, "clients.md"))
	if err == nil {
		err = os.WriteFile("../../docs/clients.md", page, 0o644)
	}
	if err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
