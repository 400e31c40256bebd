package tests

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/faultfs"
)

// interviewed is a run whose command asks what the test tells it to, and does what it tells it to in between.
type interviewed struct {
	t        *testing.T
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	stdout   *bufio.Reader
	answered []string
	asked    int
}

// interview says what became of each question: a line of the test is a name, or a command for a shell.
const interview = `while read -r line; do case $line in
	!*) eval "${line#!}" ;;
	*) dig +tries=1 +time=20 @8.8.8.8 "$line" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p' ;;
	esac; done`

// startInterview starts it in a directory, where enter may put something around it.
func startInterview(t *testing.T, dir string, enter []string, flags ...string) *interviewed {
	t.Helper()
	args := slices.Concat(enter, []string{binary, "--quiet"}, flags, []string{"--", "sh", "-c", interview})
	i := &interviewed{t: t, cmd: exec.Command(args[0], args[1:]...)}
	i.cmd.Dir = dir
	var err error
	i.stdin, err = i.cmd.StdinPipe()
	must(t, err)
	i.stdout = startLines(t, i.cmd)
	return i
}

// ask asks for a name that no rule allows, of which the answer is no less to be logged.
func (i *interviewed) ask() string {
	i.t.Helper()
	i.asked++
	name := fmt.Sprintf("n%d.example", i.asked)
	status := i.tell(name)
	if status == "NXDOMAIN" {
		i.answered = append(i.answered, name)
	}
	return status
}

// tell passes a line on and reads one.
func (i *interviewed) tell(text string) string {
	i.t.Helper()
	_, err := io.WriteString(i.stdin, text+"\n")
	must(i.t, err)
	return line(i.t, i.stdout)
}

// wants asks until the answer is so; a page of the file may have room yet.
func (i *interviewed) wants(status string) {
	i.t.Helper()
	for range 1000 {
		if i.ask() == status {
			return
		}
	}
	i.t.Fatalf("no question is answered with %s", status)
}

// ends ends the command, and wants everything that was answered to be in the log, and audit verify to end with a status.
func (i *interviewed) ends(log string, verified int) {
	i.t.Helper()
	must(i.t, i.stdin.Close())
	_ = i.cmd.Wait() // its status is the log's affair
	text, err := os.ReadFile(log)
	must(i.t, err)
	for _, name := range i.answered {
		if !strings.Contains(string(text), `"`+name+`"`) {
			i.t.Errorf("%s was answered and is not in the log", name)
		}
	}
	if got := run(i.t, "audit", "verify", log); got.status != verified {
		i.t.Errorf("%+v, want status %d", got, verified)
	}
}

// TestAuditFaults: whatever becomes of the log, nothing is answered that is not in it, and what is in it is whole.
func TestAuditFaults(t *testing.T) {
	t.Run("full disk", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "d"), 0o777))
		// The file is copied out at the end: nobody else sees that mount.
		const mount = `mount -t tmpfs -o size=64k none d && "$@"; status=$?; cp d/log log; exit $status`
		i := startInterview(t, dir, []string{"unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"}, "--audit", "d/log")
		i.wants("NXDOMAIN")
		i.tell("!head -c 1000000 /dev/zero >d/fill 2>/dev/null; echo full")
		i.wants("SERVFAIL")
		if got := i.ask(); got != "SERVFAIL" {
			t.Errorf("on a full disk: %s", got)
		}
		i.tell("!rm d/fill; echo room")
		if got := i.ask(); got != "NXDOMAIN" {
			t.Errorf("with room again: %s", got)
		}
		i.ends(filepath.Join(dir, "log"), 0)
	})
	t.Run("failing file system", func(t *testing.T) {
		file, path := faultfs.Mount(t)
		i := startInterview(t, t.TempDir(), nil, "--audit", path)
		i.wants("NXDOMAIN")
		for n, errno := range []unix.Errno{unix.EIO, unix.EDQUOT, unix.EROFS} {
			file.FailAfter(n*100, errno)
			i.wants("SERVFAIL")
			file.Work()
			if got := i.ask(); got != "NXDOMAIN" {
				t.Errorf("past %v: %s", errno, got)
			}
		}
		i.ends(path, 0)
	})
	t.Run("removed", func(t *testing.T) {
		dir := t.TempDir()
		i := startInterview(t, dir, nil, "--audit", "log")
		i.wants("NXDOMAIN")
		i.tell("!ln log kept; rm log; echo removed")
		i.wants("NXDOMAIN") // it has another name
		i.tell("!cp kept copy; rm kept; echo gone")
		for range 3 {
			if got := i.ask(); got != "SERVFAIL" {
				t.Errorf("without a file: %s", got)
			}
		}
		i.ends(filepath.Join(dir, "copy"), 3)
	})
	t.Run("cut", func(t *testing.T) {
		dir := t.TempDir()
		i := startInterview(t, dir, nil, "--audit", "log")
		i.wants("NXDOMAIN")
		i.tell("!truncate -s -10 log; echo cut")
		i.answered = nil // of that, half a line is left
		i.wants("NXDOMAIN")
		i.ends(filepath.Join(dir, "log"), 1)
	})
	t.Run("FIFO", faultyFIFO)
}

// faultyFIFO has a reader that stops, goes on, and goes away.
func faultyFIFO(t *testing.T) {
	dir := t.TempDir()
	fifo, log := filepath.Join(dir, "fifo"), filepath.Join(dir, "log")
	must(t, unix.Mkfifo(fifo, 0o600))
	reader, err := os.OpenFile(fifo, os.O_RDONLY|unix.O_NONBLOCK, 0)
	must(t, err)
	defer reader.Close()
	raw, err := reader.SyscallConn()
	must(t, err)
	must(t, raw.Control(func(fd uintptr) { _, err = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, os.Getpagesize()) }))
	must(t, err)
	copied, err := os.Create(log)
	must(t, err)
	defer copied.Close()
	drain := func() {
		buf := make([]byte, 1<<16)
		must(t, raw.Read(func(fd uintptr) bool {
			for {
				n, err := unix.Read(int(fd), buf)
				if n <= 0 || err != nil {
					return true
				}
				_, err = copied.Write(buf[:n])
				must(t, err)
			}
		}))
	}
	i := startInterview(t, dir, nil, "--audit", "fifo")
	i.wants("SERVFAIL") // nobody reads: it waits once, and then no more
	if got := i.ask(); got != "SERVFAIL" {
		t.Errorf("a full pipe: %s", got)
	}
	drain()
	if got := i.ask(); got != "NXDOMAIN" {
		t.Errorf("read again: %s", got)
	}
	drain()
	must(t, reader.Close())
	for range 2 {
		if got := i.ask(); got != "SERVFAIL" {
			t.Errorf("without a reader: %s", got)
		}
	}
	i.ends(log, 3)
}

// asks asks for one name after the other, and prints those that are answered.
const asks = `import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("8.8.8.8", 53))
for i in range(1000000):
    name = "n%d.example" % i
    s.send(struct.pack("!6H", i & 65535, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + struct.pack("!BHH", 0, 1, 1))
    if s.recv(4096)[3] & 15 == 3: print(name, flush=True)`

// TestAuditOfTheKilled: at whichever byte a supervisor is killed, what was answered is in the log, which is whole up to there.
func TestAuditOfTheKilled(t *testing.T) {
	for n := range 12 {
		log := filepath.Join(t.TempDir(), "log")
		cmd := exec.Command(binary, "--quiet", "--audit", log, "--", "/usr/bin/python3", "-c", asks)
		lines := startLines(t, cmd)
		answered := []string{line(t, lines)}
		for range n * n {
			answered = append(answered, line(t, lines))
		}
		must(t, cmd.Process.Signal(syscall.SIGKILL))
		for {
			more, err := lines.ReadString('\n')
			if err != nil {
				break
			}
			answered = append(answered, strings.TrimSuffix(more, "\n"))
		}
		_ = cmd.Wait() // it was killed
		text, err := os.ReadFile(log)
		must(t, err)
		for _, name := range answered {
			if !strings.Contains(string(text), `"`+name+`"`) {
				t.Errorf("%s was answered and is not in the log", name)
			}
		}
		if got := run(t, "audit", "verify", log); got.status != 3 || !strings.Contains(got.stdout, "it was killed, still runs, or is cut off there") {
			t.Errorf("%+v", got)
		}
	}
}
