//go:build sandboxes

// Package sandboxes runs the sandboxes of others below codex-dnsvisor. It needs root, and runs what works so as an ordinary user too.
package sandboxes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// dir holds what the sandboxes use; every user may read it.
var dir string

func program(name string) string { return filepath.Join(dir, name) }

func TestMain(m *testing.M) { os.Exit(mainTest(m)) } //nolint:forbidigo // as main

func mainTest(m *testing.M) int {
	var err error
	if dir, err = os.MkdirTemp("", "dvs-"); err == nil {
		defer os.RemoveAll(dir)
		err = build()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build puts together what is run: codex-dnsvisor, the client in C of c-ares by Python, and a root directory for containers, which is the
// machine's own but for what they write to.
func build() error {
	const root = `cd "$0" && mkdir -p root/usr root/etc root/proc root/sys root/dev root/tmp root/run root/var && for d in bin sbin lib lib64; do ln -s usr/$d root/$d; done &&
		for user in 0 54321; do install -d -m 700 -o $user -g $user home$user home$user/run && cp -r root home$user/ && chown -R $user:$user home$user; done`
	for _, args := range [][]string{
		{"make", "-C", "../..", "build", "OUT=" + program("codex-dnsvisor")},
		{"cp", "testdata/ask.sh", "testdata/cares.py", "testdata/bundle.py", dir},
		{"chmod", "755", dir},
		{"sh", "-ec", root, dir},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	return nil
}
