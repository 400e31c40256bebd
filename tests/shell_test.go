package tests

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// step is what a user does in a session: types, and waits.
type step struct {
	text   string
	expect []string
}

func typed(text string, expect ...string) step { return step{text, expect} }

const (
	ctrlC = "\x03"
	ctrlZ = "\x1a"
)

// play plays a session to its end and returns its transcript without what differs from run to run.
func play(t *testing.T, cmd *exec.Cmd, steps []step, env ...string) string {
	t.Helper()
	s := startSession(t, cmd, env...)
	s.until(prompt)
	for _, step := range steps {
		s.types(step.text, step.expect...)
	}
	status := s.end()
	if status != 7 {
		t.Errorf("exit status %d, want 7", status)
	}
	seen := s.seen.String()
	return normal(seen[:strings.LastIndex(seen, prompt)]) // the end of a session cuts off what it still prints
}

var processes = regexp.MustCompile(`(\[\d\] [+-]? *|process |line 1: +)\d+`)

// normal drops process ids.
func normal(transcript string) string {
	return processes.ReplaceAllString(transcript, "${1}PID")
}

// jobs is a session that stops, resumes and ends look-ups, and looks at the terminal.
var jobs = []step{
	typed("$RUN $ASKER 127.0.0.1\n", "asking\r\n"),
	typed(ctrlC, prompt),
	typed("echo status=$?\n", "status=130", prompt),
	typed("$RUN $ASKER 127.0.0.1\n", "asking\r\n"),
	typed(ctrlZ, prompt),
	typed("jobs\n", prompt),
	typed("fg\n", "asking again\r\n"),
	typed(ctrlC, prompt),
	typed("$RUN $ASKER 127.0.0.1 $FIFO\n", "asking\r\n"),
	typed(ctrlZ, prompt),
	typed("bg; cat $FIFO\n", "asking again\r\n", prompt),
	typed("kill %1; wait $JOB; echo gone\n", "gone\r\n", prompt),
	typed("for i in 1 2 3; do $RUN $ASKER 127.0.0.1; done\n", "asking\r\n"),
	typed(ctrlC, prompt),
	typed("$RUN stty -a\n", "lnext", prompt),
	typed("exit 7\n"),
}

// An interactive shell, its jobs, and its terminal are as without us: inside, and where each command is wrapped.
func TestInteractiveShells(t *testing.T) {
	o := newOutside(t)
	wrapped := under()
	env := []string{"ASKER=" + program("asker"), "FIFO=" + o.path("fifo")}
	must(t, unix.Mkfifo(o.path("fifo"), 0o600))
	for name, shell := range map[string]struct {
		command []string
		job     string // bash may say of a job that ends while it waits for all, zsh forgets one that has ended
	}{
		"bash": {[]string{"bash", "--norc", "--noprofile", "-i"}, "JOB=%1"},
		"zsh":  {[]string{"zsh", "-f", "-i", "+o", "promptsp", "-o", "shwordsplit"}, "JOB="},
	} {
		env := append(env, shell.job)
		bare := play(t, o.enter(shell.command...), jobs, append(env, "RUN=")...)
		for where, got := range map[string]string{
			"inside":  play(t, o.enter(slices.Concat(wrapped, shell.command)...), jobs, append(env, "RUN=")...),
			"wrapped": play(t, o.enter(shell.command...), jobs, append(env, "RUN="+strings.Join(wrapped, " "))...),
		} {
			if got != bare {
				t.Errorf("bare %s:\n%s\n%s:\n%s", name, bare, where, got)
			}
		}
	}
}
