package tests

import (
	"encoding/json"
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

// A namespace that cannot be set up is told of, by an errno, a line of the log and a line of standard error; others go on.
func TestNamespacesThatCannotBeSetUp(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	// Each sandbox holds some of the supervisor's few descriptors for as long as it is there.
	const script = `for i in $(seq 30); do unshare -Urn sh -c 'getent hosts host.example >/dev/null; echo; exec sleep 1000' >&3 & pids="$pids $!"; read -r _ <&3; done
		unshare -Urn python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try: s.connect(("8.8.8.8", 53)); print("connected")
except OSError as e: print(e.strerror)'
		kill $pids; wait; unshare -Urn getent ahostsv4 host.example | head -n 1`
	flags := slices.Concat([]string{"--net=host", "--audit", log}, static)
	cmd := exec.Command("bash", slices.Concat([]string{"-c", `ulimit -n 80; mkfifo "$0" && exec 3<>"$0"; exec "$@"`, filepath.Join(t.TempDir(), "fifo"), binary},
		flags, []string{"--", "bash", "-c", script})...)
	got := finish(t, cmd)
	if got.stdout != "Network is unreachable\n192.0.2.1       STREAM host.example\n" || !strings.Contains(got.stderr, "no names in a network namespace of the command's: ") {
		t.Errorf("%+v", got)
	}
	text, err := os.ReadFile(log)
	must(t, err)
	found := false
	for line := range strings.Lines(string(text)) {
		var e map[string]any
		must(t, json.Unmarshal([]byte(line), &e))
		found = found || e["event.name"] == "codex.dns.block_decision" && e["network.policy.decision"] == "deny" && e["server.address"] == "8.8.8.8"
	}
	if !found {
		t.Errorf("the log: %s", text)
	}
}
