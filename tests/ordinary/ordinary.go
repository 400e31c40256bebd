// Package ordinary has root's tests run by an ordinary user, too.
package ordinary

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall" //nolint:depguard // SysProcAttr is what os/exec takes
)

// UID is the user's, and the group's. It needs no entry in /etc/passwd. Chromium's sandbox wants one who is not root.
const UID = 54321

// Run runs a test binary with the flags of this one. It works in dir, which a variable of its environment names, and has dir/home for a home, and
// for temporary files. Whoever it is may not be able to read the source tree.
func Run(binary, dir, variable string) error {
	home := filepath.Join(dir, "home")
	if out, err := exec.Command("install", "-d", "-m", "755", "-o", strconv.Itoa(UID), home).CombinedOutput(); err != nil {
		return fmt.Errorf("install %s: %w\n%s", home, err, out)
	}
	own := func(arg string) bool { return strings.HasPrefix(arg, "-test.testlogfile") }
	cmd := exec.Command(binary, slices.DeleteFunc(slices.Clone(os.Args[1:]), own)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), variable+"="+dir, "HOME="+home, "TMPDIR="+home)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: UID, Gid: UID}}
	return cmd.Run()
}
