//go:build guest

package conditions

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tree is a run whose command says its process id, and asks each time that it is told to.
type tree struct {
	*exec.Cmd
	told io.WriteCloser
	said *bufio.Reader
	cg   string // the command's cgroup
}

const asks = `echo $$; while read line; do getent ahostsv4 a.test | head -n 1; done`

func plant(t *testing.T) *tree {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, "--allow", "a.test", "--record", "a.test. 300 IN A 192.0.2.1", "--", "sh", "-c", asks)
	cmd.Stderr = os.Stderr
	told, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tr := &tree{cmd, told, bufio.NewReader(said), t.TempDir()}
	pid, err := tr.said.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", tr.cg, "cgroup2", 0, ""); err != nil {
		t.Fatal(err)
	}
	top := tr.cg
	t.Cleanup(func() { _ = unix.Unmount(top, unix.MNT_DETACH) })
	tr.cg += "/tree"
	if err := os.Mkdir(tr.cg, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(tr.cg) })
	tr.write(t, "cgroup.procs", strings.TrimSpace(pid))
	return tr
}

func (tr *tree) write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(tr.cg+"/"+file, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

// freeze returns when all of the tree has stopped.
func (tr *tree) freeze(t *testing.T) {
	t.Helper()
	events, err := os.Open(tr.cg + "/cgroup.events")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	tr.write(t, "cgroup.freeze", "1")
	for {
		text, err := io.ReadAll(io.NewSectionReader(events, 0, 4096))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "frozen 1") {
			return
		}
		fds := []unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}
		if n, err := unix.Poll(fds, int(hang/time.Millisecond)); n == 0 && err == nil {
			t.Fatal("it does not freeze")
		}
	}
}

func (tr *tree) ask(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(tr.told, "\n"); err != nil {
		t.Fatal(err)
	}
}

func (tr *tree) answered(t *testing.T) {
	t.Helper()
	if line, err := tr.said.ReadString('\n'); err != nil || !strings.HasPrefix(line, "192.0.2.1") {
		t.Errorf("%q, %v", line, err)
	}
}

// TestFrozen freezes the tree, and not its supervisor: what it asks is answered once it goes on, and the supervisor's end is its own.
func TestFrozen(t *testing.T) {
	t.Run("goes on", func(t *testing.T) {
		tr := plant(t)
		for range 8 {
			tr.ask(t)
			tr.freeze(t) // wherever it is in its look-up
			tr.write(t, "cgroup.freeze", "0")
			tr.answered(t)
		}
		if err := tr.told.Close(); err != nil {
			t.Error(err)
		}
		if err := tr.Wait(); err != nil {
			t.Error(err)
		}
	})
	t.Run("ends", func(t *testing.T) {
		tr := plant(t)
		tr.freeze(t)
		if err := tr.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(tr.said); err != nil || len(rest) > 0 { // to the last process that has it open
			t.Errorf("%q, %v", rest, err)
		}
		_ = tr.Wait() // killed
	})
}
