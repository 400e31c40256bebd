package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheCommandGetsTheCallersState runs one program bare and under codex-dnsvisor, started in ways that a runtime
// might spoil, and compares all that it sees.
func TestTheCommandGetsTheCallersState(t *testing.T) {
	dir := t.TempDir()
	state := program("state")
	for name, script := range map[string]string{
		"plain":                   `exec $RUN`,
		"arguments":               `exec $RUN -- "" "a b" "--" '*'`,
		"ignored signals":         `exec env --ignore-signal=PIPE,HUP,INT,QUIT,TSTP,CHLD,URG,RTMIN+3 $RUN`,
		"blocked signals":         `exec env --block-signal=USR1,TERM,CHLD,URG,RTMIN+5 $RUN`,
		"closed standard input":   `exec $RUN <&-`,
		"closed standard error":   `exec $RUN 2>&-`,
		"closed but for output":   `exec $RUN <&- 2>&-`,
		"inherited descriptors":   `exec $RUN 3<"$FILE" 7>"$FILE" 9<&0 63<"$FILE" 200<"$FILE"`,
		"pipes":                   `echo x | $RUN 3>&1 | cat`,
		"umask":                   `umask 027; exec $RUN`,
		"descriptor limit":        `ulimit -Sn 77; ulimit -Hn 99; exec $RUN`,
		"other limits":            `ulimit -Sc 0; ulimit -t 100; ulimit -v 20000000; exec $RUN`,
		"nice":                    `exec nice -n 5 $RUN`,
		"new session":             `exec setsid -w $RUN`,
		"working directory":       `mkdir -p "$DIR/w d" && cd "$DIR/w d" && exec $RUN`,
		"empty environment":       `exec env -i $RUN`,
		"odd environment":         `exec /usr/bin/python3 -c 'import os, sys; os.execve(sys.argv[1], sys.argv[1:], {b"A": b"\xff\n"})' $RUN`,
		"terminal":                `exec script -qec "$RUN" /dev/null`,
		"no descriptors but ours": `exec $RUN <&- >"$DIR/out" 2>&-; cat "$DIR/out"`,
	} {
		t.Run(name, func(t *testing.T) {
			bare := dump(t, script, state, dir)
			under := dump(t, script, binary+" -- "+state, dir)
			if bare != under {
				t.Errorf("bare:\n%s\nunder codex-dnsvisor:\n%s", bare, under)
			}
			if !strings.Contains(bare+"umask", "umask") || len(bare) < 200 && name != "empty environment" && name != "no descriptors but ours" {
				t.Errorf("nothing was compared: %q", bare)
			}
		})
	}
}

// dump runs the program as the script says, and returns what it printed without what differs from run to run.
func dump(t *testing.T, script, run, dir string) string {
	t.Helper()
	cmd := exec.Command("bash", "-c", script)
	cmd.Env = append(os.Environ(), "RUN="+run, "DIR="+dir, "FILE="+os.DevNull)
	cmd.Dir = dir
	cmd.Stdin = nil
	got := finish(t, cmd)
	if got.status != 0 {
		t.Fatalf("status %d\n%s\n%s", got.status, got.stdout, got.stderr)
	}
	var kept []string
	for line := range strings.Lines(got.stdout) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 2 && fields[0] == "fd" && (strings.HasPrefix(fields[2], "pipe:") || strings.HasPrefix(fields[2], "/dev/pts/")):
			fields[2] = "a pipe or terminal"
		case len(fields) > 1 && (fields[0] == "sid" || fields[0] == "pgid"):
			continue // other processes each time
		case len(fields) > 1 && fields[0] == "env" && (strings.HasPrefix(fields[1], "RUN=") || strings.HasPrefix(fields[1], "_=")):
			continue // differ by what is run
		}
		kept = append(kept, strings.Join(fields, " "))
	}
	return strings.Join(kept, "\n")
}

// Processes of a job stay in the caller's process group and session, and a make jobserver's pipes keep their numbers.
func TestJobserverAndProcessSubstitution(t *testing.T) {
	dir := t.TempDir()
	makefile := "all: a b c\na b c:\n\t@echo $@\n"
	must(t, os.WriteFile(filepath.Join(dir, "inner.mk"), []byte(makefile), 0o644))
	outer := "all:\n\t+@" + binary + " -- $(MAKE) -s -f inner.mk\n"
	must(t, os.WriteFile(filepath.Join(dir, "outer.mk"), []byte(outer), 0o644))
	got := finish(t, exec.Command("make", "-C", dir, "-s", "-j3", "-f", "outer.mk"))
	if got.status != 0 || strings.Contains(got.stderr, "jobserver") || len(strings.Fields(got.stdout)) != 3 {
		t.Errorf("%+v", got)
	}
	got = finish(t, exec.Command("bash", "-c", binary+` -- cat <(echo one) <(echo two)`))
	if got.stdout != "one\ntwo\n" {
		t.Errorf("%+v", got)
	}
}

// Internet sockets of the caller live outside: 3 and up are not passed on, with a warning; 0 to 2 are an error.
func TestInheritedSockets(t *testing.T) {
	const inherit = `import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u = socket.socketpair()[0]
at = int(sys.argv[1]); os.dup2(s.fileno(), at); os.dup2(u.fileno(), 9, inheritable=True)
os.execv(sys.argv[2], sys.argv[2:])`
	script := `for fd in 0 8 9; do readlink /proc/$$/fd/$fd | sed s/:.*//; done`
	got := finish(t, exec.Command("/usr/bin/python3", "-c", inherit, "8", binary, "--", "sh", "-c", script))
	if got.status != 0 || got.stdout != "/dev/null\nsocket\n" || !strings.Contains(got.stderr, "descriptor 8 is not passed on") {
		t.Errorf("descriptor 8: %+v", got)
	}
	got = finish(t, exec.Command("/usr/bin/python3", "-c", inherit, "0", binary, "--", "sh", "-c", script))
	if got.status != 125 || !strings.Contains(got.stderr, "error: descriptor 0 is a socket") || !strings.Contains(got.stderr, "hint: ") {
		t.Errorf("descriptor 0: %+v", got)
	}
}
