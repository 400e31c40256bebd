//go:build adversary

package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A set-user-id program and one with file capabilities give an ordinary user nothing inside.
func TestAdversaryPrivilegedPrograms(t *testing.T) {
	if os.Geteuid() != 0 {
		return // root's pass tries it as an ordinary user
	}
	python, err := filepath.EvalSymlinks("/usr/bin/python3")
	must(t, err)
	setuid, capable := filepath.Join(built, "setuid-python"), filepath.Join(built, "capable-python")
	for _, args := range [][]string{
		{"install", "-m", "4755", python, setuid},
		{"install", "-m", "755", python, capable},
		{"setcap", "cap_net_raw,cap_net_admin,cap_sys_admin,cap_sys_ptrace+ep", capable},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	const try = `import os, socket
print(os.geteuid() == 0, int([l for l in open("/proc/self/status") if l.startswith("CapEff")][0].split()[1], 16) != 0)`
	for _, program := range []string{setuid, capable} {
		ask := func(command ...string) string {
			as := []string{"setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--"}
			return finish(t, exec.Command(as[0], slices.Concat(as[1:], command, []string{program, "-c", try})...)).stdout
		}
		if bare := ask(); !strings.Contains(bare, "True") {
			t.Errorf("%s without us: %q", program, bare)
		}
		for _, flags := range [][]string{{binary, "--"}, {binary, "--net=host", "--"}} {
			if got := ask(flags...); got != "False False\n" {
				t.Errorf("%s under %v: %q", program, flags, got)
			}
		}
	}
}
