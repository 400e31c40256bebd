package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A process that makes itself a network namespace, and a thread that enters another's, are answered there from their next question on.
func TestMovesBetweenNamespaces(t *testing.T) {
	const script = `import ctypes, os, socket, subprocess, threading
libc = ctypes.CDLL(None, use_errno=True)
NEWUSER, NEWNET = 0x10000000, 0x40000000
def ask(where):
    print(where, socket.gethostbyname("host.example"), os.readlink("/proc/thread-self/ns/net") == home, flush=True)
home = os.readlink("/proc/thread-self/ns/net")
if os.environ["AT_HOME"]:
    ask("home")
uid = os.getuid()
assert libc.unshare(NEWUSER | NEWNET) == 0, ctypes.get_errno()
open("/proc/self/uid_map", "w").write("0 %d 1" % uid)
ask("unshared")
other = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
other.stdout.readline()
fd = os.open("/proc/%d/ns/net" % other.pid, os.O_RDONLY)
def enter():
    assert libc.setns(fd, NEWNET) == 0, ctypes.get_errno()
    ask("entered")
thread = threading.Thread(target=enter); thread.start(); thread.join()
ask("stayed")
other.communicate()`
	for _, net := range nets {
		home := ""
		want := "unshared 192.0.2.1 False\nentered 192.0.2.1 False\nstayed 192.0.2.1 False\n"
		if net == "--net=isolated" {
			home, want = "1", "home 192.0.2.1 True\n"+want
		}
		got := run(t, slices.Concat([]string{net}, static, []string{"--", "env", "AT_HOME=" + home, "python3", "-c", script})...)
		if got.stdout != want {
			t.Errorf("%s: %+v", net, got)
		}
	}
}

// A namespace that cannot be set up is told of, by an errno, a line of the log and one of standard error; others go on, and so does it
// once it can be.
func TestNamespacesThatCannotBeSetUp(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	const script = `import os, socket, subprocess
def connect():
    try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("8.8.8.8", 53)); print("connected", flush=True)
    except OSError as e: print(e.strerror, flush=True)
taken = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); taken.bind(("::", 53))
connect()
os.system("unshare -n getent ahostsv4 host.example | sed -n 1p")
taken.close()
connect()`
	got := run(t, slices.Concat([]string{"--net=host", "--existing-dns=replace", "--audit", log}, static, []string{"--", "unshare", "-Urn", "python3", "-c", script})...)
	if got.stdout != "Network is unreachable\n192.0.2.1       STREAM host.example\nconnected\n" ||
		strings.Count(got.stderr, "no names in a network namespace of the command's: a DNS service listens there already") != 1 {
		t.Errorf("%+v", got)
	}
	if refused := refusals(t, log); len(refused) != 1 || refused[0]["server.address"] != "8.8.8.8" || !strings.Contains(fmt.Sprint(refused[0]["process.executable.path"]), "/python3") {
		t.Errorf("the log: %v", refused)
	}
}

// refusals are the lines of a log about calls that were refused.
func refusals(t *testing.T, log string) (refused []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(log)
	must(t, err)
	for line := range strings.Lines(string(text)) {
		var e map[string]any
		must(t, json.Unmarshal([]byte(line), &e))
		if e["event.name"] == "codex.dns.block_decision" && e["network.policy.decision"] == "deny" {
			refused = append(refused, e)
		}
	}
	return refused
}

// Where the supervisor may not open the files that another namespace takes, those that are served go on.
func TestTooFewFiles(t *testing.T) {
	const questions = 12
	var turns strings.Builder
	for i := range questions {
		fmt.Fprintln(&turns, i%6, "ask")
	}
	for _, files := range []string{"32", "36"} {
		log := filepath.Join(t.TempDir(), "log")
		cmd := exec.Command("sh", slices.Concat([]string{"-c", `ulimit -n $0; exec "$@"`, files, binary, "--net=host", "--audit", log}, static, []string{"--", "/usr/bin/python3", "-c", rooms, "6"})...)
		cmd.Stdin = strings.NewReader(turns.String())
		got := finish(t, cmd)
		answered, refused := strings.Count(got.stdout, "True\n"), strings.Count(got.stdout, "[Errno 101] Network is unreachable\n")
		if answered == 0 || refused == 0 || answered+refused != questions {
			t.Errorf("%s files: %+v", files, got)
		}
		if strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "no names in a network namespace of the command's") || !strings.Contains(got.stderr, "too many open files") {
			t.Errorf("%s files: %s", files, got.stderr)
		}
		if lines := refusals(t, log); len(lines) != refused {
			t.Errorf("%s files: %d calls were refused: %v", files, refused, lines)
		}
	}
}
