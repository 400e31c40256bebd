package doctor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// host is the machine as the probes see it.
type host struct {
	files   fs.FS  // the root directory
	release string // uname(2)
	arch    string // as Go names it
	self    process
	limits  map[string]limit
	farEnd  error // of supervisor.TryFarEnd, where a launch came so far
}

// process is what the probes try out on this process itself; each returns the kernel's reason.
type process struct {
	connect func() error // of an internet socket, to loopback; nothing is sent
}

// limit is a resource limit, RLIM_INFINITY for none, or why it could not be read.
type limit struct {
	value uint64
	err   error
}

// thisHost is the machine that we run on. What cannot be read is left out: its probes then cannot tell.
func thisHost() *host {
	h := &host{files: os.DirFS("/"), arch: runtime.GOARCH, self: thisProcess(), limits: map[string]limit{}, farEnd: errUntried}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		h.release = unix.ByteSliceToString(uts.Release[:])
	}
	for name, resource := range map[string]int{"nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC} {
		var l unix.Rlimit
		err := unix.Getrlimit(resource, &l)
		h.limits[name] = limit{l.Cur, err}
	}
	return h
}

func thisProcess() process {
	return process{
		connect: func() error {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			return errors.Join(unix.Connect(fd, &unix.SockaddrInet4{Port: 53, Addr: [4]byte{127, 0, 0, 1}}), unix.Close(fd))
		},
	}
}

func (h *host) kernel() version { return parseVersion(h.release) }

// maxFile is how much of a file is read: all of the files looked at are far smaller.
const maxFile = 256 << 10

// read returns a file's text, at most maxFile bytes of it.
func (h *host) read(name string) (string, error) {
	f, err := h.files.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	return string(text), err
}

// number reads a file with one number in it, as most of /proc/sys. fs.ErrNotExist: this kernel has no such setting.
func (h *host) number(name string) (int, error) {
	text, err := h.read(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("/%s: %w", name, err)
	}
	return n, nil
}

func (h *host) exists(name string) bool {
	_, err := fs.Stat(h.files, name)
	return err == nil
}

// lacks says that a file is not there, and not merely out of our sight (a security module's).
func (h *host) lacks(name string) bool {
	_, err := fs.Stat(h.files, name)
	return errors.Is(err, fs.ErrNotExist)
}

// status returns a field of this process's /proc/self/status; "" where it is not there.
func (h *host) status(field string) string {
	text, _ := h.read("proc/self/status") // a probe of its own says so
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok && name == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// capable says whether this process has all of these capabilities, as bits of capabilities(7), in force.
func (h *host) capable(caps ...int) bool {
	effective, err := strconv.ParseUint(h.status("CapEff"), 16, 64)
	if err != nil {
		return false
	}
	for _, c := range caps {
		if effective&(1<<c) == 0 {
			return false
		}
	}
	return true
}

// ids are our effective user and group ids.
func (h *host) ids() (uid, gid string, err error) {
	u, g := strings.Fields(h.status("Uid")), strings.Fields(h.status("Gid"))
	if len(u) != 4 || len(g) != 4 {
		return "", "", errors.New("/proc/self/status does not say who we are")
	}
	return u[1], g[1], nil
}
