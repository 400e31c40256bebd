package supervisor

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// outlive returns when no process is left in a network namespace, or with the context. It watches one at a time, first the
// process of the thread tid; when that has ended, another that is found there.
func outlive(ctx context.Context, namespace sys.FileID, tid int) {
	pid, err := sys.ThreadGroup(tid)
	if err != nil {
		pid = resident(namespace)
	}
	for pid != 0 && ctx.Err() == nil {
		ended(ctx, pid)
		pid = resident(namespace)
	}
}

// ended waits until a process has ended.
func ended(ctx context.Context, pid int) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		breathe(err) // else it has ended
		return
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })
	defer stop()
	_ = conn.Read(func(fd uintptr) bool {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(ready, 0)
		return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
}

// resident finds a process in a network namespace: the first, which is likely to stay longest. 0: there is none.
func resident(namespace sys.FileID) int {
	dir, err := os.Open("/proc")
	if err != nil {
		return 0
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		var st unix.Stat_t
		if unix.Stat("/proc/"+name+"/ns/net", &st) == nil && (sys.FileID{Dev: st.Dev, Ino: st.Ino}) == namespace {
			return pid
		}
	}
	return 0
}
