package supervisor

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// doors are AF_UNIX sockets by path behind which a service asks the real resolver for anybody. A network namespace
// does not contain them. Globs; refused, NSS falls back to DNS. What a directory does not hold is not looked for in it; it is root's, since
// reading one takes as long as its owner likes.
var doors = []struct {
	in    string // "": each is looked for by itself
	paths []string
}{
	{"/run", []string{
		"nscd/socket", "systemd/resolve/io.systemd.Resolve*", "avahi-daemon/socket", "nslcd/socket", "samba/winbindd/pipe", "dbus/system_bus_socket",
		"user/*/gnupg/S.dirmngr", "user/*/gnupg/*/S.dirmngr",
		"user/*/codex-dnsvisor/*", // of forwarders, which have a policy of their own
	}},
	{"/var/run", []string{"nscd/socket"}},
	{"/var/lib", []string{"sss/pipes/*", "sss/pipes/private/*", "samba/winbindd_privileged/pipe"}},
	{"", []string{"~/.gnupg/S.dirmngr"}},
}

type inode struct{ dev, ino uint64 }

// guard refuses the doors of known resolvers, and of those that we ask ourselves.
type guard struct {
	home      string
	upstreams func() []string // paths
	places    survey
}

// check returns ECONNREFUSED where a path, as the thread tid sees it, is a resolver's door or cannot be told from
// one. It compares files and not names, so that links and bind mounts are seen through.
func (g *guard) check(tid int, path string) unix.Errno {
	file, err := look(tid, path)
	switch {
	case absent(err):
		return 0 // the kernel gives the caller the same
	case errors.Is(err, unix.EACCES):
		return unix.EACCES // the caller may have a user namespace in which it may look further than we
	case err != nil:
		return unix.ECONNREFUSED
	}
	if slices.ContainsFunc(g.places.paths(g.find), file.is) || slices.ContainsFunc(g.upstreams(), file.is) {
		return unix.ECONNREFUSED
	}
	return 0
}

// find gives the paths of all doors that there may be now.
func (g *guard) find(v *view) []string {
	var paths []string
	for _, door := range doors {
		for _, path := range door.paths {
			first, _, _ := strings.Cut(path, "/")
			switch {
			case door.in != "" && v.holds(door.in, first):
				paths = append(paths, v.expand(door.in+"/"+path)...)
			case door.in == "" && g.home != "":
				paths = append(paths, v.expand(g.home+path[1:])...)
			}
		}
	}
	return paths
}

// absent says whether there is nothing at a path.
func absent(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) }

func (i inode) is(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && i == inode{st.Dev, st.Ino}
}

// look finds the file of a path from a thread's own root, working directory and /proc/self.
func look(tid int, path string) (inode, error) {
	proc := "/proc/" + strconv.Itoa(tid)
	for _, self := range []string{"/proc/self/", "/proc/thread-self/"} {
		if rest, ok := strings.CutPrefix(path, self); ok {
			if !descriptor(rest) && !sameRoot(proc) {
				return inode{}, errElsewhere
			}
			return stat(unix.AT_FDCWD, proc+"/"+rest, 0)
		}
	}
	if !strings.HasPrefix(path, "/") {
		return lookBeneath(proc, path)
	}
	root, err := directory(proc + "/root")
	if err != nil {
		return inode{}, err
	}
	defer unix.Close(root)
	return stat(root, path, unix.RESOLVE_IN_ROOT)
}

// directory opens a directory for nothing but to look paths up from it, without what an *os.File does for a poller.
func directory(path string) (int, error) {
	return unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// errElsewhere is a path that only a thread with another root than ours can follow.
var errElsewhere = errors.New("the path leads through another root")

// lookBeneath finds a relative path. What leaves the working directory, by ".." or an absolute link, the kernel follows from our
// root: that is right only where the thread has the same.
func lookBeneath(proc, path string) (inode, error) {
	cwd, err := directory(proc + "/cwd")
	if err != nil {
		return inode{}, err
	}
	defer unix.Close(cwd)
	file, err := stat(cwd, path, unix.RESOLVE_BENEATH)
	if err == nil || absent(err) || errors.Is(err, unix.EACCES) {
		return file, err
	}
	if !sameRoot(proc) {
		return inode{}, errElsewhere
	}
	return stat(unix.AT_FDCWD, proc+"/cwd/"+path, 0)
}

// descriptor says whether a path below /proc/self is that of an open file, and goes no further.
func descriptor(rest string) bool {
	number, ok := strings.CutPrefix(rest, "fd/")
	_, err := strconv.Atoi(number)
	return ok && err == nil
}

// sameRoot says whether a thread's root is ours; false where that cannot be told.
func sameRoot(proc string) bool { return sys.SameDirectory(proc+"/root", "/") }

func stat(dir int, path string, resolve uint64) (inode, error) {
	fd, err := sys.OpenPath(dir, path, resolve)
	if err != nil {
		return inode{}, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return inode{}, err
	}
	return inode{st.Dev, st.Ino}, nil
}
