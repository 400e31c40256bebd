//go:build codex

// Package codex runs the released Codex CLI, an MIT KDC, Apache and BIND, with codex-dnsvisor and without it.
// Run by root, it runs everything a second time as an ordinary user.
package codex

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/ordinary"
)

// dirVar tells the second pass what the first has built.
const dirVar = "DNSVISOR_CODEX_DIR"

// Where make deps-e2e-codex puts npm's packages: those that the test of clients uses too, and the rest.
const (
	shared = "../../.cache/clients/node_modules"
	cache  = "../../.cache/codex/node_modules"
)

// first makes a repository with one commit.
const first = `git init -q "$0/project" && git -C "$0/project" -c user.name=alice -c user.email=alice@example.corp commit -q --allow-empty -m "first commit"`

// addon compiles npm's kerberos, whose own way is to download itself compiled, or Node's headers.
const addon = `cd "$0" && mkdir -p kerberos/build/Release && g++ -shared -fPIC -DKERBEROS_USE_RTLD -I node-api-headers/include -I node-addon-api -I kerberos/src \
	-o kerberos/build/Release/kerberos.node kerberos/src/kerberos.cc kerberos/src/unix/*.cc`

// built is where the programs and the files of the world are.
var built string

func program(name string) string { return filepath.Join(built, name) }

func TestMain(m *testing.M) { os.Exit(mainTest(m)) } //nolint:forbidigo // as main

func mainTest(m *testing.M) int {
	if built = os.Getenv(dirVar); built != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "dnsvisor-") // sandbox-runtime has a socket in each test's, whose path may take 107 bytes
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	built = dir
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
	for _, args := range [][]string{
		{"make", "-C", "../..", "build", "OUT=" + program("codex-dnsvisor")},
		{"cp", "-rL", "testdata", dir},
		{"cp", "-r", cache, dir},
		{"cp", "-r", shared + "/.", program("node_modules")},
		{"sh", "-c", addon, program("node_modules")},
		{"sh", "-c", first, program("git")},
		{"javac", "-d", dir, "testdata/Negotiate.java"},
		{
			"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + canonical,
			"-addext", "subjectAltName=DNS:" + canonical + ",DNS:" + alias, "-keyout", program("host.key"), "-out", program("host.crt"),
		},
		{"keytool", "-importcert", "-noprompt", "-storepass", "password", "-keystore", program("host.p12"), "-file", program("host.crt")},
		{"chmod", "644", program("host.key")}, // it serves this test alone
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w; what is missing, make deps-e2e-codex installs\n%s", args, err, out)
		}
	}
	return nil
}

// asOrdinary runs this test binary again as an ordinary user.
func asOrdinary(dir string) int {
	self, err := os.Executable()
	if err != nil {
		return complain(err)
	}
	if out, err := exec.Command("cp", self, program("codex.test")).CombinedOutput(); err != nil {
		return complain(fmt.Errorf("cp: %w\n%s", err, out))
	}
	fmt.Println("=== as an ordinary user")
	if err := ordinary.Run(program("codex.test"), dir, dirVar); err != nil {
		return complain(err)
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
