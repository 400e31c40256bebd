package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// insideServer listens outside: streams and datagrams, by path and by abstract name.
const insideServer = `import socket, sys
path, abstract = sys.argv[1:]
servers = []
for kind, name in (socket.SOCK_STREAM, path), (socket.SOCK_SEQPACKET, path + ".seq"), (socket.SOCK_DGRAM, path + ".dgram"), (socket.SOCK_STREAM, "\0" + abstract):
    s = socket.socket(socket.AF_UNIX, kind); s.bind(name); servers.append(s)
    if kind != socket.SOCK_DGRAM: s.listen(9)
print("ready", flush=True); sys.stdin.read()`

// insideClient tries every way to what listens outside, and then has a service of its own. Each line is an outcome.
const insideClient = `import os, socket, subprocess, sys
path, abstract = sys.argv[1:]
home, name = os.path.split(path)
os.chdir(home); os.mkdir("in")
def attempt(what, kind, name):
    s = socket.socket(socket.AF_UNIX, kind)
    try:
        if kind == socket.SOCK_DGRAM: s.sendto(b"x", name)
        else: s.connect(name)
        print(what, "ok", flush=True)
    except OSError as e: print(what, e.strerror, flush=True)
stream, dgram, seq = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
os.symlink(path, "in/symlink"); os.link(name, "in/hardlink"); os.link(name, "in/moving"); os.rename("in/moving", "moved")
attempt("path", stream, path)
attempt("relative", stream, "./" + name)
attempt("symlink", stream, "in/symlink")
attempt("hardlink", stream, "in/hardlink")
attempt("moved", stream, "moved")
attempt("root", stream, "/proc/self/root" + path)
attempt("cwd", stream, "/proc/self/cwd/" + name)
attempt("seqpacket", seq, path + ".seq")
attempt("datagram", dgram, path + ".dgram")
attempt("abstract", stream, "\0" + abstract)
own = socket.socket(socket.AF_UNIX); own.bind("in/own"); own.listen(9)
box = socket.socket(socket.AF_UNIX, dgram); box.bind("in/box")
hidden = socket.socket(socket.AF_UNIX); hidden.bind("\0own" + abstract); hidden.listen(9)
attempt("own", stream, "in/own")
attempt("own datagram", dgram, home + "/in/box")
attempt("own abstract", stream, "\0own" + abstract)
os.rename("in/own", "own")
print("child", subprocess.run([sys.executable, "-c", "import socket; socket.socket(socket.AF_UNIX).connect('own')"]).returncode)
print("bwrap", subprocess.run(["bwrap", "--dev-bind", "/", "/", "true"], stderr=subprocess.DEVNULL).returncode == 0)
`

// insideBare is what the client gets without us.
const insideBare = "path ok\nrelative ok\nsymlink ok\nhardlink ok\nmoved ok\nroot ok\ncwd ok\nseqpacket ok\ndatagram ok\nabstract ok\n" +
	"own ok\nown datagram ok\nown abstract ok\nchild 0\nbwrap True\n"

// With --unix=inside what listens outside is out of reach, whatever leads there, and what the tree makes is as without us. A kernel
// that cannot do that says so, and nothing is run.
func TestUnixInside(t *testing.T) {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || abi < 9 {
		r := run(t, "--unix=inside", "--", "echo", "run")
		if r.status != 125 || r.stdout != "" || !strings.Contains(r.stderr, "error: --unix=inside: landlock_unix: ") || !strings.Contains(r.stderr, "Linux 7.1") {
			t.Errorf("%+v", r)
		}
		return
	}
	for _, mode := range []string{"bare", "isolated", "host"} {
		t.Run(mode, func(t *testing.T) {
			path, abstract := filepath.Join(t.TempDir(), "door"), "dnsvisor-"+filepath.Base(t.TempDir())+mode
			server := exec.Command("/usr/bin/python3", "-c", insideServer, path, abstract)
			stdin, err := server.StdinPipe()
			must(t, err)
			defer stdin.Close()
			await(t, startLines(t, server), "ready")
			client, want := []string{"/usr/bin/python3", "-c", insideClient, path, abstract}, insideBare
			if mode != "bare" {
				client = slices.Concat([]string{binary, "--unix=inside", "--net=" + mode, "--"}, client)
				outside, inside, _ := strings.Cut(want, "own ok")
				want = strings.ReplaceAll(outside, " ok", " "+unix.EACCES.Error()) + "own ok" + strings.Replace(inside, "bwrap True", "bwrap False", 1)
			}
			cmd := exec.Command(client[0], client[1:]...)
			cmd.Env = os.Environ()
			if got := finish(t, cmd); got.status != 0 || normalErrors(got.stdout, mode) != want {
				t.Errorf("%+v\nwant %s", got, want)
			}
		})
	}
}

// normalErrors puts one error in place of those for the same: Landlock refuses a path with EACCES and an abstract name with EPERM, and
// in a network namespace of its own nobody has that name.
func normalErrors(text, mode string) string {
	text = strings.ReplaceAll(text, "Permission denied", unix.EACCES.Error())
	if mode != "bare" {
		text = strings.Replace(text, "\nabstract Connection refused", "\nabstract "+unix.EACCES.Error(), 1)
		text = strings.Replace(text, "\nabstract Operation not permitted", "\nabstract "+unix.EACCES.Error(), 1)
	}
	return text
}
