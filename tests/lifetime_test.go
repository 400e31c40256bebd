package tests

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tree is a run whose command leaves a daemon and a background child; every process of it holds the write end of a
// pipe, which so tells when the last of them has gone.
type tree struct {
	cmd  *exec.Cmd
	held *os.File
}

const daemons = `(setsid setsid sh -c 'exec sleep 1000' &); sleep 1000 & echo ready; exec sleep 1000`

func startTree(t *testing.T, args ...string) *tree {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { r.Close() })
	cmd := exec.Command(binary, slices.Concat(args, []string{"--", "sh", "-c", daemons})...)
	cmd.ExtraFiles = []*os.File{w}
	cmd.Stderr = os.Stderr
	lines := startLines(t, cmd)
	must(t, w.Close())
	await(t, lines, "ready")
	return &tree{cmd, r}
}

// gone waits until nobody of the tree is left, and tells how long that took.
func (tr *tree) gone(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	must(t, tr.held.SetReadDeadline(start.Add(patience)))
	if _, err := io.ReadAll(tr.held); err != nil {
		t.Fatalf("something of the tree is left: %v", err)
	}
	return time.Since(start)
}

// keeper finds the keeper of a run.
func (tr *tree) keeper(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(tr.cmd.Process.Pid)).Output()
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	must(t, err)
	return pid
}

// The tree ends when the supervisor is killed, daemons included, within a second.
func TestKilledSupervisorEndsTheTree(t *testing.T) {
	tr := startTree(t)
	must(t, tr.cmd.Process.Kill())
	if took := tr.gone(t); took > time.Second {
		t.Errorf("the tree ended %v after its supervisor", took)
	}
	_ = tr.cmd.Wait()
}

// The tree ends when its keeper is killed, and the run says so.
func TestKilledKeeperEndsTheTree(t *testing.T) {
	tr := startTree(t)
	must(t, unix.Kill(tr.keeper(t), unix.SIGKILL))
	tr.gone(t)
	_ = tr.cmd.Wait()
	if status := tr.cmd.ProcessState.ExitCode(); status != 125 {
		t.Errorf("exit status %d, want 125", status)
	}
}

// A signal to the supervisor reaches the command, once.
func TestSignalIsPassedOn(t *testing.T) {
	cmd := exec.Command(binary, "--", "bash", "-c", `n=0; trap 'n=$((n+1)); [ $n = 1 ] && echo first' USR1; trap 'exit $((10+n))' TERM; echo ready; while :; do sleep 1000 & wait $!; kill $!; done`)
	lines := startLines(t, cmd)
	await(t, lines, "ready")
	must(t, cmd.Process.Signal(unix.SIGUSR1))
	await(t, lines, "first")
	must(t, cmd.Process.Signal(unix.SIGTERM))
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 11 {
		t.Errorf("exit status %d, want 11: one USR1, then TERM", status)
	}
}

// A signal to the whole process group, as a terminal's Ctrl-C is, reaches the command once.
func TestGroupSignalIsNotDoubled(t *testing.T) {
	cmd := exec.Command(binary, "--", "bash", "-c", `n=0; trap 'n=$((n+1)); echo int $n' INT; trap 'exit $((10+n))' TERM; echo ready; while :; do sleep 1000 & wait $!; kill $!; done`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lines := startLines(t, cmd)
	await(t, lines, "ready")
	must(t, unix.Kill(-cmd.Process.Pid, unix.SIGINT))
	await(t, lines, "int 1")
	must(t, cmd.Process.Signal(unix.SIGTERM))
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 11 {
		t.Errorf("exit status %d, want 11: one INT, then TERM", status)
	}
}

// Without --linger the tree ends with the command; with it the run waits for what is left.
func TestLinger(t *testing.T) {
	const script = `(setsid sh -c 'read x <"$1"; echo lingered' sh "$1" >"$2" 2>&1 &) ; exit 3`
	for _, linger := range []bool{false, true} {
		dir := t.TempDir()
		fifo, out := filepath.Join(dir, "fifo"), filepath.Join(dir, "out")
		must(t, unix.Mkfifo(fifo, 0o600))
		args := []string{"--", "sh", "-c", script, "sh", fifo, out}
		if linger {
			args = append([]string{"--linger"}, args...)
		}
		cmd := exec.Command(binary, args...)
		must(t, cmd.Start())
		if linger {
			w, err := os.OpenFile(fifo, os.O_WRONLY, 0) // opens once the daemon reads
			must(t, err)
			_, err = w.WriteString("\n")
			must(t, err)
			must(t, w.Close())
		}
		_ = cmd.Wait()
		text, err := os.ReadFile(out)
		if linger && (err != nil || string(text) != "lingered\n") || !linger && len(text) != 0 {
			t.Errorf("linger %v: %q, %v", linger, text, err)
		}
		if status := cmd.ProcessState.ExitCode(); status != 3 {
			t.Errorf("linger %v: exit status %d, want 3", linger, status)
		}
	}
}

// Processes that fork and exit faster than anybody could look at them end with the tree all the same.
func TestCometsEnd(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	cmd := exec.Command(binary, "--", program("comet"), "20")
	cmd.ExtraFiles = []*os.File{w}
	tr := &tree{cmd, r}
	defer r.Close()
	must(t, cmd.Start())
	must(t, w.Close())
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 4 {
		t.Errorf("exit status %d, want 4", status)
	}
	tr.gone(t)
}
