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

// A run ends with its command though the caller has blocked all signals, or the tree lets none wait at the supervisor, which before Linux 6.11 needs one
// to hear of the end.
func TestEndsWithoutRoomForSignals(t *testing.T) {
	const forbid = `prlimit --pid "$(ps -o ppid= -p "$PPID" | tr -d " ")" --sigpending=0:0 && exit 3`
	for name, cmd := range map[string]*exec.Cmd{
		"blocked": exec.Command("env", "--block-signal", binary, "--", "sh", "-c", "exit 3"),
		"limit":   exec.Command(binary, "--", "sh", "-c", forbid),
	} {
		t.Run(name, func(t *testing.T) {
			if got := finish(t, cmd); got.status != 3 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A run ends with its command, whatever that left in the supervisor's hands: a connect that nobody answers, a socket that lingers,
// a standard error that nobody reads.
func TestNothingHoldsTheEnd(t *testing.T) {
	for name, script := range map[string]string{
		// In a namespace of its own, whose addresses nobody has, and where a connect is tried for minutes.
		"MPTCP connect": `import os, socket, subprocess
subprocess.run("ip link add v0 type veth peer name v1; ip addr add 10.9.0.1/24 dev v0; ip link set v0 up; ip link set v1 up; ip neigh add 10.9.0.9 lladdr 02:00:00:00:00:09 dev v0", shell=True, check=True)
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
if os.fork() == 0:
    s.connect(("10.9.0.9", 53))
`,
		"lingering socket": `import os, socket, struct
l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096); l.bind(("127.0.0.1", 0)); l.listen(1)
c = socket.create_connection(l.getsockname()); s, _ = l.accept()
c.setblocking(False)
try:
    while True: c.send(b"x" * 65536)
except BlockingIOError: pass
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1000))
for end in c, s:
    try: end.connect(("192.0.2.53", 53))
    except OSError: pass
os._exit(0) # a process that exits does not linger
`,
	} {
		t.Run(name, func(t *testing.T) {
			command := []string{"--quiet", "--", "/usr/bin/python3", "-c", script}
			if name == "MPTCP connect" {
				command = slices.Insert(command, 2, "unshare", "--map-root-user", "--net")
			}
			if got := run(t, command...); got.status != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("full standard error", func(t *testing.T) {
		const script = `import fcntl, os, socket
flags = fcntl.fcntl(2, fcntl.F_GETFL); fcntl.fcntl(2, fcntl.F_SETFL, flags | os.O_NONBLOCK)
try:
    while True: os.write(2, b"x" * 4096)
except BlockingIOError: pass
fcntl.fcntl(2, fcntl.F_SETFL, flags)
try: socket.create_connection(("198.51.100.7", 80))
except OSError: pass
`
		r, w, err := os.Pipe()
		must(t, err)
		defer r.Close()
		defer w.Close()
		cmd := exec.Command(binary, "--", "/usr/bin/python3", "-c", script)
		cmd.Stderr = w
		must(t, cmd.Start())
		hang := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil || !hang.Stop() {
			t.Errorf("the run ended by %v", err)
		}
	})
}
