package tests

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// under is a command line of codex-dnsvisor that allows the zone of the outside's own resolver.
func under(command ...string) []string {
	return slices.Concat([]string{binary, "--quiet", "--upstream", "udp://127.0.0.1", "--allow", "**.corp.test", "--"}, command)
}

// same runs a command bare and under codex-dnsvisor, and wants the same status and output; it returns them.
func (o *outside) same(t *testing.T, command ...string) result {
	t.Helper()
	bare, got := finish(t, o.enter(command...)), finish(t, o.enter(under(command...)...))
	bare.stdout, got.stdout = normal(bare.stdout), normal(got.stdout)
	if got.status != bare.status || got.stdout != bare.stdout {
		t.Errorf("bare:\n%+v\nunder codex-dnsvisor:\n%+v", bare, got)
	}
	return bare
}

// Targets that are hard to look at get the answers that they get without us.
func TestKindsOfTargets(t *testing.T) {
	o := newOutside(t)
	const both = "sent with an address: 1\nconnected: 1\n"
	for name, c := range map[string]struct {
		command []string
		want    string
	}{
		"non-dumpable":            {[]string{program("kinds"), "undumpable", "127.0.0.1"}, both},
		"vfork":                   {[]string{program("kinds"), "vfork", "127.0.0.1"}, "asked by the child: 1, answered to the parent: 1\n"},
		"socket of threads":       {[]string{program("kinds"), "threads", "127.0.0.1"}, "answered 1600, wrong 0\n"},
		"socket of processes":     {[]string{program("kinds"), "fork", "127.0.0.1"}, "answered 1600, wrong 0\n"},
		"duplicated descriptors":  {[]string{program("kinds"), "dups", "127.0.0.1"}, "asked by one, answered to another: 1\nconnected by one, asked by another: 1\n"},
		"exec amid calls":         {[]string{program("kinds"), "exec", "127.0.0.1", "40"}, both},
		"Go, preempted":           {[]string{program("storm"), "127.0.0.1"}, "once 2000 otherwise 0\n"},
		"strace":                  {[]string{"strace", "-f", "-o", "/dev/null", program("kinds"), "once", "127.0.0.1"}, both},
		"strace, a thread's exec": {[]string{"strace", "-f", "-o", "/dev/null", program("kinds"), "exec", "127.0.0.1", "4"}, both},
		"gdb":                     {[]string{"gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", "break answer", "-ex", "run", "-ex", "delete", "-ex", "continue", "--args", program("kinds"), "once", "127.0.0.1"}, both + "[Inferior 1 (process PID) exited normally]\n"},
		"SIGPIPE of a closed TCP": {[]string{"sh", "-c", `"$@"; exit $?`, "sh", program("kinds"), "closed", "127.0.0.1"}, "closed 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := o.same(t, c.command...)
			if !strings.Contains(got.stdout, c.want) || (got.status == 0) == (name == "SIGPIPE of a closed TCP") {
				t.Errorf("bare: %+v", got)
			}
		})
	}
}

// Before 5.19 a Go program's preemption signals interrupt caught calls, and restart them.
func TestPreemptionBefore519(t *testing.T) {
	o := newOutside(t)
	got := finish(t, o.enter(append(masking("wait_killable"), under(program("storm"), "127.0.0.1")...)...))
	var once, otherwise int
	if _, err := fmt.Sscanf(got.stdout, "once %d otherwise %d\n", &once, &otherwise); err != nil || once+otherwise != 2000 || otherwise > 20 {
		t.Errorf("%+v, %v", got, err)
	}
}

// alarm(1) ends the wait for an answer that does not come, at its time.
func TestAlarm(t *testing.T) {
	o := newOutside(t)
	const hole = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.2", 53)); print("ready", flush=True); sys.stdin.read()`
	silent := o.enter("/usr/bin/python3", "-c", hole)
	stdin, err := silent.StdinPipe()
	must(t, err)
	defer stdin.Close()
	await(t, startLines(t, silent), "ready")
	command := []string{program("kinds"), "alarm", "127.0.0.2"}
	wrapped := slices.Concat([]string{binary, "--upstream", "udp://127.0.0.2", "--allow", "a.corp.test", "--"}, command)
	for _, cmd := range []*exec.Cmd{o.enter(command...), o.enter(wrapped...)} {
		if got := finish(t, cmd); got.stdout != "asked 1, received -1 EINTR, in time 1\n" {
			t.Errorf("%v: %+v", cmd.Args, got)
		}
	}
}
