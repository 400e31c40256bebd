package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// outlive returns when nothing that can be seen holds a network namespace any more, neither a process nor a mount, or with the context.
// It watches one process at a time, first that of the thread tid; when that has ended, another that is found there. Sockets that others
// have taken out of it are not seen, nor is a process that never lives long enough to be found.
func outlive(ctx context.Context, namespace sys.FileID, tid int) {
	pid, err := sys.ThreadGroup(tid)
	if err != nil {
		pid, err = resident(namespace)
	}
	for ctx.Err() == nil {
		held := pid != 0 || exhausted(err)
		switch {
		case pid != 0:
			err = ended(ctx, pid)
		case err == nil:
			held, err = unmounted(ctx, namespace)
		}
		if !held && !exhausted(err) {
			return
		}
		breathe(err)
		pid, err = resident(namespace)
	}
}

// ended waits until a process has ended.
func ended(ctx context.Context, pid int) error {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return err // it has ended, or the machine has run out of something
	}
	awaken(ctx, os.NewFile(uintptr(fd), "pidfd"), func(fd uintptr) bool {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(ready, 0)
		return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
	return nil
}

// unmounted waits until a network namespace is mounted nowhere, as "ip netns" mounts them. False: it was not to begin with.
func unmounted(ctx context.Context, namespace sys.FileID) (was bool, err error) {
	table, err := os.Open("/proc/self/mountinfo") // which wakes its readers when it changes
	if err != nil {
		return false, err
	}
	awaken(ctx, table, func(uintptr) bool {
		var is bool
		is, err = mounted(namespace)
		was = was || is
		return !is
	})
	return was, err
}

// mounted looks for a network namespace in the table of mounts; proc_pid_mountinfo(5).
func mounted(namespace sys.FileID) (bool, error) {
	table, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return false, err
	}
	defer table.Close()
	root := fmt.Sprintf("net:[%d]", namespace.Ino)
	for lines := bufio.NewScanner(table); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 3 && fields[3] == root {
			return true, nil
		}
	}
	return false, nil
}

// awaken waits until a file that can be polled comes to a state, or for the context; and closes it.
func awaken(ctx context.Context, f *os.File, state func(fd uintptr) bool) {
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })
	defer stop()
	_ = conn.Read(state)
}

// resident finds a process in a network namespace: the first, which is likely to stay longest. 0: there is none.
func resident(namespace sys.FileID) (int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		var st unix.Stat_t
		if unix.Stat("/proc/"+name+"/ns/net", &st) == nil && (sys.FileID{Dev: st.Dev, Ino: st.Ino}) == namespace {
			return pid, nil
		}
	}
	return 0, nil
}
