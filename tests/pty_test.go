package tests

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// session is a program on a terminal of its own, and what has appeared there.
type session struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	come chan string // what the terminal shows; closed at the end
	seen strings.Builder
	next int // of seen: what no step has waited for yet
}

// prompt is what the shells here ask with.
const prompt = "PROMPT> "

func startSession(t *testing.T, cmd *exec.Cmd, env ...string) *session {
	t.Helper()
	cmd.Env = append(os.Environ(), "TERM=xterm", "PS1="+prompt, "PS2=", "HISTFILE=", "INPUTRC=/dev/null", "LC_ALL=C")
	cmd.Env = append(cmd.Env, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 200})
	must(t, err)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		tty.Close()
	})
	s := &session{t: t, cmd: cmd, tty: tty, come: make(chan string)}
	go s.show(t.Context())
	return s
}

// show passes on what appears. The terminal's descriptor takes no deadline: the package's ioctls make it block.
func (s *session) show(ctx context.Context) {
	defer close(s.come)
	buf := make([]byte, 4096)
	for {
		n, err := s.tty.Read(buf)
		if err != nil {
			return // EIO: nobody has the terminal open any more
		}
		select {
		case s.come <- string(buf[:n]):
		case <-ctx.Done():
		}
	}
}

// read waits for what appears next; false: nothing does any more.
func (s *session) read(why string) bool {
	s.t.Helper()
	select {
	case text, ok := <-s.come:
		s.seen.WriteString(text)
		return ok
	case <-time.After(patience):
		s.t.Fatalf("%s: hangs\n%s\nlast: %q", why, s.seen.String(), s.seen.String()[s.next:])
	}
	return false
}

// until reads what appears until text is among it.
func (s *session) until(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		for {
			if i := strings.Index(s.seen.String()[s.next:], text); i >= 0 {
				s.next += i + len(text)
				break
			}
			if !s.read(text) {
				s.t.Fatalf("%q did not appear\n%s\nlast: %q", text, s.seen.String(), s.seen.String()[s.next:])
			}
		}
	}
}

// types what a user types, and waits for what must appear.
func (s *session) types(text string, expect ...string) {
	s.t.Helper()
	_, err := s.tty.WriteString(text)
	must(s.t, err)
	s.until(expect...)
}

// end reads to the end, and returns the program's exit status.
func (s *session) end() int {
	s.t.Helper()
	for s.read("the end") {
	}
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}
