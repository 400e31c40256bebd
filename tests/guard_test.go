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
