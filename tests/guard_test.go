package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// doorClient connects to each path it is given, streams and datagrams.
const doorClient = `import os, socket, sys
os.chdir(os.environ["HOME"])
for path in sys.argv[1:]:
    s = socket.socket(socket.AF_UNIX)
    try: s.connect(path); print("ok")
    except OSError as e: print(e.strerror)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
try: s.sendto(b"x", sys.argv[1])
except OSError as e: print(e.strerror)
`

// A known resolver's door is refused by whatever path it is reached; other sockets are as without us. The door here is
// dirmngr's, which an ordinary user can make.
func TestUnixGuard(t *testing.T) {
	home := t.TempDir()
	must(t, os.Mkdir(filepath.Join(home, ".gnupg"), 0o700))
	door, other, link := filepath.Join(home, ".gnupg/S.dirmngr"), filepath.Join(home, "other"), filepath.Join(home, "link")
	must(t, os.Symlink(door, link))
	const serve = `import socket, sys
servers = []
for path in sys.argv[1:]:
    s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(9); servers.append(s)
print("ready", flush=True); sys.stdin.read()`
	server := exec.Command("/usr/bin/python3", "-c", serve, door, other)
	stdin, err := server.StdinPipe()
	must(t, err)
	defer stdin.Close()
	await(t, startLines(t, server), "ready")

	paths := []string{door, ".gnupg/S.dirmngr", link, "/proc/self/cwd/.gnupg/S.dirmngr", "/proc/self/root" + door, other, "/nonexistent"}
	ask := func(command ...string) result {
		cmd := exec.Command(command[0], slices.Concat(command[1:], []string{"/usr/bin/python3", "-c", doorClient}, paths)...)
		cmd.Env = append(os.Environ(), "HOME="+home)
		return finish(t, cmd)
	}
	const refused = "Connection refused\n"
	if bare := ask("env"); bare.stdout != strings.Repeat("ok\n", 6)+"No such file or directory\nProtocol wrong type for socket\n" {
		t.Fatalf("without us: %+v", bare)
	}
	got := ask(binary, "--")
	if want := strings.Repeat(refused, 5) + "ok\nNo such file or directory\n" + refused; got.stdout != want {
		t.Errorf("%+v\nwant %s", got, want)
	}
	if !strings.Contains(got.stderr, "it leads to a resolver outside") {
		t.Errorf("nothing is said: %q", got.stderr)
	}
}

// The door is refused, too, to a program that follows a path from another root than ours, or through a directory that only it
// may search.
func TestUnixGuardFollowsThePathOfTheProgram(t *testing.T) {
	home := t.TempDir()
	must(t, os.Mkdir(filepath.Join(home, ".gnupg"), 0o700))
	const client = `import os, socket, sys
home = os.environ["HOME"]
server = socket.socket(socket.AF_UNIX); server.bind(home + "/.gnupg/S.dirmngr"); server.listen(9)
def connect(path):
    s = socket.socket(socket.AF_UNIX)
    try: s.connect(path); return "ok"
    except OSError as e: return e.strerror
os.mkdir(home + "/closed"); os.symlink(home + "/.gnupg/S.dirmngr", home + "/closed/x"); os.chmod(home + "/closed", 0)
print(connect(home + "/closed/x"))
os.mkdir(home + "/u"); os.symlink("/.gnupg/S.dirmngr", home + "/u/x")
root = os.open("/", os.O_RDONLY)
os.chroot(home); os.chdir("/u")
print(connect("x")); print(connect("../.gnupg/S.dirmngr")); print(connect("/u/x"))
os.fchdir(root); os.chroot(".")
os.chmod(home + "/closed", 0o700)
for name in "/closed/x", "/u/x", "/.gnupg/S.dirmngr": os.unlink(home + name)
for name in "/closed", "/u": os.rmdir(home + name)
`
	ask := func(command ...string) result {
		cmd := exec.Command(command[0], append(command[1:], "unshare", "--map-root-user", "/usr/bin/python3", "-c", client)...)
		cmd.Env = append(os.Environ(), "HOME="+home)
		return finish(t, cmd)
	}
	if bare := ask("env"); bare.stdout != strings.Repeat("ok\n", 4) {
		t.Fatalf("without us: %+v", bare)
	}
	got := ask(binary, "--")
	if got.status != 0 || strings.Contains(got.stdout, "ok") || strings.Count(got.stdout, "\n") != 4 {
		t.Errorf("%+v", got)
	}
}
