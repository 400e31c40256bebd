//go:build adversary

package tests

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// bystander starts a process of the same user outside, and returns its id.
func (o *outside) bystander(t *testing.T) string {
	t.Helper()
	const sit = `import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("10.9.8.1", 53)); os.dup2(s.fileno(), 3)
print("sits", os.getpid(), flush=True); sys.stdin.read()`
	cmd := o.enter("/usr/bin/python3", "-c", sit)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	t.Cleanup(func() { stdin.Close() })
	return strings.TrimPrefix(line(t, startLines(t, cmd)), "sits ")
}

// Nobody inside lays hands on a process outside, the supervisor and the keeper among them.
func TestAdversaryHands(t *testing.T) {
	o := newOutside(t)
	pid := o.bystander(t)
	for _, place := range where() {
		t.Run(place, func(t *testing.T) {
			if got := o.attempt(t, place, "/usr/bin/python3", hostile(t, "hands.py"), pid); got.stdout != "done\n" || got.status != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
	o.silent(t)
	t.Run("who is not inside can", func(t *testing.T) {
		neighbour := startLines(t, exec.Command("sh", "-c", "echo $$; exec sleep 1000"))
		cmd := exec.Command("/usr/bin/python3", hostile(t, "hands.py"), line(t, neighbour))
		cmd.Env = append(cmd.Environ(), "ALONE=1")
		got := finish(t, cmd)
		if n := strings.Count(got.stdout, "of another\n"); n < 25 || got.status != 0 {
			t.Errorf("%s worked: %+v", strconv.Itoa(n), got)
		}
	})
}
