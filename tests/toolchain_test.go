package tests

import (
	"os"
	"os/exec"
	"strings"
)

// archVar names the architecture of the machine that what is built is for, as Go has it; none: this one's.
const archVar = "DNSVISOR_TEST_ARCH"

// foreign stands for a compiler for the machine's second ABI.
const foreign = "foreign-gcc"

// toolchain is what the tests' programs are built with: variables of the environment, as the Makefile has them.
type toolchain []string

func findToolchain() (toolchain, error) {
	arch := os.Getenv(archVar)
	args := []string{"--no-print-directory", "-s", "-C", "..", "toolchain"}
	if arch != "" {
		args = append(args, "ARCH="+arch)
	}
	out, err := exec.Command("make", args...).Output()
	return strings.Split(strings.TrimSpace(string(out)), "\n"), err
}

// get is a variable's value.
func (t toolchain) get(name string) string {
	for _, variable := range t {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	return ""
}

// command is one of a native build, with this toolchain in place of the machine's.
func (t toolchain) command(args []string) *exec.Cmd {
	switch args[0] {
	case "gcc":
		args = append(strings.Fields(t.get("CC")), args[1:]...)
	case foreign:
		args = append(strings.Fields(t.get("FOREIGN")), args[1:]...)
	case "musl-gcc":
		args = append(strings.Fields(t.get("MUSL")), args[1:]...)
	case "make":
		if arch := t.get("GOARCH"); arch != "" {
			args = append(args, "ARCH="+arch)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), t...)
	return cmd
}

// self is the command that makes this test binary again, for the machine that it is to run on.
func (t toolchain) self(file string) ([]string, error) {
	if t.get("GOARCH") != "" {
		return []string{"env", "CGO_ENABLED=1", "go", "test", "-tags", "netgo,osusergo", "-c", "-o", file, "."}, nil
	}
	self, err := os.Executable()
	return []string{"cp", self, file}, err
}
