package tests

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// resolverDoors are sockets of services that ask the real resolver for anybody, each at its place.
var resolverDoors = []string{
	"/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve", "/run/systemd/resolve/io.systemd.Resolve.Monitor", "/run/avahi-daemon/socket",
	"/var/lib/sss/pipes/nss", "/var/lib/sss/pipes/private/pam", "/run/nslcd/socket", "/run/samba/winbindd/pipe", "/var/lib/samba/winbindd_privileged/pipe",
	"/run/dbus/system_bus_socket", "/run/user/1000/gnupg/S.dirmngr", "/run/user/1000/gnupg/d.x/S.dirmngr", "/run/home/.gnupg/S.dirmngr", "/run/user/1000/codex-dnsvisor/dns.sock",
}

// otherDoors are sockets of services that act outside for their user.
var otherDoors = []string{
	"/run/docker.sock", "/run/podman/podman.sock", "/run/user/1000/bus", "/run/user/1000/systemd/private", "/run/tmux-1000/default", "/run/home/.ssh/master-x", "/run/postgresql/.s.PGSQL.5432",
}

// doorsOuter makes all doors in a mount namespace of its own, and other ways to each, and runs a command there.
const doorsOuter = `import ctypes, os, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def mount(what, where, kind, flags):
    if libc.mount(what.encode(), where.encode(), kind, flags, None): raise OSError(ctypes.get_errno(), where)
count = int(sys.argv[1]); doors, command = sys.argv[2:2 + count], sys.argv[2 + count:]
for top in "/run", "/var":
    mount("none", top, b"tmpfs", 0)
    os.mkdir(top + "/alias")
os.environ["HOME"] = "/run/home"
servers = []
for i, door in enumerate(doors):
    os.makedirs(os.path.dirname(door), exist_ok=True)
    s = socket.socket(socket.AF_UNIX); s.bind(door); s.listen(64); servers.append(s)
    top = "/var" if door.startswith("/var") else "/run"
    alias = "%s/alias/%d" % (top, i)
    os.symlink(door, alias + ".sym"); os.symlink(os.path.dirname(door), alias + ".dir"); os.link(door, alias + ".hard")
    open(alias + ".bound", "w").close(); mount(door, alias + ".bound", None, 4096) # MS_BIND
sys.exit(subprocess.run(command).returncode)
`

// doorsClient tries each way to each door, and prints a line a door: the errors, each once.
const doorsClient = `import os, socket, sys
for i, door in enumerate(sys.argv[1:]):
    top = "/var" if door.startswith("/var") else "/run"
    alias = "%s/alias/%d" % (top, i)
    dir, name = os.path.split(door)
    os.chdir(dir); here = os.open(dir, os.O_PATH); got = []
    for path in (door, name, "../" + os.path.basename(dir) + "/" + name, alias + ".sym", alias + ".dir/" + name, alias + ".hard", alias + ".bound",
                 "/proc/self/root" + door, "/proc/thread-self/cwd/" + name, "/proc/self/fd/%d/%s" % (here, name), "//" + door.replace("/", "/./")):
        try:
            s = socket.socket(socket.AF_UNIX); s.connect(path); got.append("ok")
        except OSError as e: got.append(e.strerror)
    os.close(here)
    print(door, *sorted(set(got)), sep=": ")
try: socket.socket(socket.AF_UNIX).connect("\0" + sys.argv[1]); print("abstract: ok")
except OSError as e: print("abstract:", e.strerror)
`

// Each door is tried by every way that leads there: by its path, relative, by links of both kinds, a bind mount, and /proc. guard
// refuses resolvers and lets the others be; none and inside refuse all.
func TestDoors(t *testing.T) {
	const refused, denied, unknown = "Connection refused", "Permission denied", "Address family not supported by protocol"
	for mode, want := range map[string]struct{ resolver, other, abstract string }{
		"":              {"ok", "ok", refused},
		"--unix=guard":  {refused, "ok", refused},
		"--unix=none":   {unknown, unknown, unknown},
		"--unix=inside": {denied, denied, refused},
	} {
		if mode == "--unix=inside" && sys.CanStayInside() != nil {
			continue // TestUnixInside sees that it says so
		}
		t.Run(mode, func(t *testing.T) {
			doors := slices.Concat(resolverDoors, otherDoors)
			outer := []string{"-m", "/usr/bin/python3", "-c", doorsOuter, fmt.Sprint(len(doors))}
			if os.Geteuid() != 0 {
				outer[0] = "-Urm"
			}
			client := slices.Concat([]string{"/usr/bin/python3", "-c", doorsClient}, doors)
			if mode != "" {
				client = slices.Concat([]string{binary, "--quiet", mode, "--"}, client)
			}
			got := finish(t, exec.Command("unshare", slices.Concat(outer, doors, client)...))
			var lines strings.Builder
			for _, door := range resolverDoors {
				fmt.Fprintf(&lines, "%s: %s\n", door, want.resolver)
			}
			for _, door := range otherDoors {
				fmt.Fprintf(&lines, "%s: %s\n", door, want.other)
			}
			fmt.Fprintf(&lines, "abstract: %s\n", want.abstract)
			if got.status != 0 || got.stdout != lines.String() {
				t.Errorf("%+v\nwant\n%s", got, lines.String())
			}
		})
	}
}
