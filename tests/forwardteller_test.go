package tests

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// teller finds the process that tells a forwarder who asks.
func (f *forwarder) teller(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(f.Process.Pid)).Output()
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	must(t, err)
	return pid
}

// TestForwardTeller: a forwarder whose teller was stopped or killed answers on, without the name of who asks, and ends when it is told to.
func TestForwardTeller(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGSTOP, unix.SIGKILL} {
		o := newOutside(t)
		f := o.startForwarder("--allow", "a.corp.example", "--record", "a.corp.example. 0 IN A 192.0.2.1")
		teller := f.teller(t)
		must(t, unix.Kill(teller, sig))
		for range 3 {
			got := o.run("--allow", "a.corp.example", "--upstream", "unix://"+f.socket, "--", "getent", "ahostsv4", "a.corp.example")
			if !strings.HasPrefix(got.stdout, "192.0.2.1 ") {
				t.Errorf("%v: %+v", sig, got)
			}
		}
		events := logged(t, f.audit)
		for _, e := range events {
			if e["process.executable.path"] != nil {
				t.Errorf("%v: who asked is known: %v", sig, e)
			}
		}
		if len(events) < 2 {
			t.Errorf("%v: the log is %v", sig, events)
		}
		must(t, f.Process.Signal(os.Interrupt))
		if err := f.Wait(); err != nil {
			t.Errorf("%v: it ended with %v", sig, err)
		}
		_ = unix.Kill(teller, unix.SIGCONT) // if the kernel has not, as the last of its group
	}
}
