package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// screens is a session of programs that draw, stop and leave the terminal as it was.
var screens = []step{
	typed("before=$(stty -g)\n", prompt),
	typed("$RUN less $TEXT\n", "line 1\r\n", "line 23"),
	typed("G", "line 200", "(END)"),
	typed("q", prompt),
	typed("[ $(stty -g) = $before ]; echo less=$?\n", "less=0", prompt),
	typed("$RUN vi -u NONE -N -i NONE -n $TEXT\n", "line 22"),
	typed("ihel\x16\x09lo\x1b", "hel"),
	typed(ctrlZ, "Stopped", prompt),
	typed("[ $(stty -g) = $before ]; echo stopped=$?\n", "stopped=0", prompt),
	typed("fg\n", "line 22"),
	typed(":wq\r", prompt),
	typed("head -c 12 $TEXT; [ $(stty -g) = $before ]; echo vi=$?\n", "hel\tlo", "vi=0", prompt),
	typed("exit 7\n"),
}

// less and vi draw, stop, come back, and leave the terminal sane: bare, inside a shell, and wrapped.
func TestScreenPrograms(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "line %d\n", i+1)
	}
	shell := []string{"bash", "--norc", "--noprofile", "-i"}
	for name, c := range map[string]struct {
		command []string
		run     string
	}{
		"bare":    {shell, ""},
		"inside":  {under(shell...), ""},
		"wrapped": {shell, strings.Join(under(), " ")},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "text")
			must(t, os.WriteFile(file, []byte(text.String()), 0o600))
			play(t, exec.Command(c.command[0], c.command[1:]...), screens, "RUN="+c.run, "TEXT="+file, "LESS=")
		})
	}
}

// resized waits for two changes of the window's size, and says each.
const resized = `import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
for step in "one", "two":
    print("waiting", step, flush=True); signal.sigwait([signal.SIGWINCH]); print(os.get_terminal_size(), flush=True)
print("pending", signal.sigpending())`

// A change of the window's size reaches the program inside, once.
func TestWindowSize(t *testing.T) {
	for name, command := range map[string][]string{
		"bare":                  {"/usr/bin/python3", "-c", resized},
		"alone":                 under("/usr/bin/python3", "-c", resized),
		"below a job's shell":   under("bash", "-ic", "/usr/bin/python3 -c '"+resized+"'; exit"),
		"in a session's leader": under("sh", "-c", "/usr/bin/python3 -c '"+resized+"'; exit"),
	} {
		t.Run(name, func(t *testing.T) {
			s := startSession(t, exec.Command(command[0], command[1:]...))
			s.until("waiting one")
			must(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 40, Cols: 100}))
			s.until("columns=100, lines=40", "waiting two")
			must(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 10, Cols: 30}))
			s.until("columns=30, lines=10", "pending set()")
			if status := s.end(); status != 0 {
				t.Errorf("exit status %d\n%s", status, s.seen.String())
			}
		})
	}
}

// sudo and su work as root; an ordinary user's sudo says why it does not.
func TestBecomingAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		got := run(t, withStatic("sudo", "-n", "getent", "hosts", "alias.example")...)
		if got.status != 1 || got.stdout != "" || !strings.Contains(got.stderr, `The "no new privileges" flag is set`) {
			t.Errorf("%+v", got)
		}
		return
	}
	const ask = "id -un; getent ahostsv4 alias.example | head -1"
	for _, command := range [][]string{
		{"sudo", "-n", "-u", "nobody", "sh", "-c", ask},
		{"su", "-s", "/bin/sh", "nobody", "-c", ask},
		{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh", "-c", ask},
	} {
		if got := run(t, withStatic(command...)...); got.status != 0 || !strings.HasPrefix(got.stdout, "nobody\n192.0.2.1 ") {
			t.Errorf("%v: %+v", command, got)
		}
	}
}

// What SECURITY.md says of tmux: a server of the tree's own is inside, one that is outside acts outside, and
// --unix=none refuses both.
func TestTmux(t *testing.T) {
	dir := t.TempDir()
	tmux := func(args ...string) *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "TMUX_TMPDIR="+dir, "TMUX=", "OUT="+filepath.Join(dir, "out"), "LC_ALL=C.UTF-8")
		return cmd
	}
	const pane = `tmux -f /dev/null -L $1 new-session -d "getent hosts alias.example >$OUT; readlink /proc/self/ns/net >>$OUT; tmux -L $1 wait-for -S end; exec sleep 1000"
		tmux -L $1 wait-for end && cat $OUT && readlink /proc/self/ns/net`
	got := finish(t, tmux(append([]string{binary}, withStatic("sh", "-c", pane, "sh", "inside")...)...))
	lines := strings.Split(got.stdout, "\n")
	if got.status != 0 || len(lines) != 4 || !strings.Contains(lines[0], "host.example") || lines[1] != lines[2] {
		t.Errorf("a server inside: %+v", got)
	}

	if got := finish(t, tmux("tmux", "-f", "/dev/null", "-L", "outside", "new-session", "-d", "exec sleep 1000")); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	t.Cleanup(func() { must(t, tmux("tmux", "-L", "outside", "kill-server").Run()) })
	const through = `tmux -L outside run-shell "readlink /proc/self/ns/net >$OUT"; cat $OUT`
	here, err := os.Readlink("/proc/self/ns/net")
	must(t, err)
	if got := finish(t, tmux(append([]string{binary}, withStatic("sh", "-c", through)...)...)); got.stdout != here+"\n" {
		t.Errorf("through a server outside: %+v", got)
	}
	got = finish(t, tmux(binary, "--unix=none", "--", "tmux", "-L", "outside", "run-shell", "true"))
	if got.status == 0 || !strings.Contains(got.stderr, "Address family not supported") {
		t.Errorf("--unix=none: %+v", got)
	}
}
