package audit

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
)

// cmdlineRead is how much of a command line is read: what a line of the log could hold of it.
const cmdlineRead = MaxArgs

// Lookup reads from /proc who pid is; the id of a thread gives its process. What cannot be read is left zero: of a
// process that is gone only the PID is known.
//
// The arguments are in the process's own memory: it may have changed them, and where it put them into pages that
// userfaultfd or a FUSE file serve, reading takes as long as it likes. Call Lookup where waiting harms nobody else.
// proc_pid_cmdline(5), proc_pid_status(5).
func Lookup(pid int) Process {
	p := Process{PID: pid}
	if pid <= 0 {
		return p
	}
	dir := "/proc/" + strconv.Itoa(pid) + "/"
	p.readStatus(dir + "status")
	p.Executable, _ = os.Readlink(dir + "exe")
	p.readArgs(dir + "cmdline")
	return p
}

// readStatus takes the process and its parent. The kernel escapes newlines in the name that comes first.
func (p *Process) readStatus(path string) {
	const enough = 4096
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, enough))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		switch {
		case err != nil:
		case key == "Tgid":
			p.PID = n
		case key == "PPid":
			p.ParentPID = n
			return
		}
	}
}

// readArgs splits the command line at its NUL bytes.
func (p *Process) readArgs(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, cmdlineRead+1))
	if err != nil || len(raw) == 0 {
		return
	}
	if len(raw) > cmdlineRead {
		raw, p.ArgsCut = raw[:cmdlineRead], true
	} else {
		raw = bytes.TrimSuffix(raw, []byte{0})
	}
	p.Args = strings.SplitN(string(raw), "\x00", MaxItems+1)
	if len(p.Args) > MaxItems {
		p.Args, p.ArgsCut = p.Args[:MaxItems], true
	}
}
