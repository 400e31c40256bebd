package sys

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrOwnTable says that a thread's descriptor table cannot be reached: it is not its process's, or that cannot be told, and the
// kernel is older than PIDFD_THREAD.
var ErrOwnTable = errors.New("the thread has a descriptor table of its own")

const (
	pidfdThreadFlag = unix.O_EXCL // PIDFD_THREAD
	kcmpFile        = 2           // KCMP_FILES
)

// TakeDescriptor duplicates descriptor fd of the thread tid into this process: the same open file description,
// close-on-exec. unix.EBADF: the thread has no such descriptor. ErrOwnTable, ErrNotSupported: none of its descriptors can be had.
func TakeDescriptor(tid, fd int) (int, error) {
	var p pidfds
	defer p.close()
	return p.take(tid, fd)
}

// pidfds take descriptors of threads, and keep a pidfd of some, since opening and closing one takes longer than the rest: once its thread has
// ended it gives nothing (ESRCH), whoever has its number since. The zero value keeps none.
type pidfds struct{ kept threadFDs }

// fill has us hold as many descriptors from the beginning as ever.
func (p *pidfds) fill() {
	p.kept.fill(func() (int, error) { return unix.PidfdOpen(unix.Getpid(), 0) })
}

func (p *pidfds) close() { p.kept.close() }

func (p *pidfds) take(tid, fd int) (int, error) {
	if !TakesDescriptors() {
		return -1, pidfdGetfd.lacking()
	}
	if pidfd, ok := p.kept.borrow(tid); ok {
		got, err := unix.PidfdGetfd(pidfd, fd, 0)
		p.kept.keep(tid, pidfd)
		if !errors.Is(err, unix.ESRCH) {
			return got, err
		}
	}
	pidfd, own, err := threadFD(tid)
	if err != nil {
		return -1, err
	}
	got, err := unix.PidfdGetfd(pidfd, fd, 0)
	if own {
		p.kept.keep(tid, pidfd)
	} else {
		_ = unix.Close(pidfd)
	}
	return got, err
}

// TakesDescriptors says whether TakeDescriptor can work at all.
func TakesDescriptors() bool { return pidfdGetfd.there() }

// threadFD opens a pidfd by which a thread's descriptors can be taken. own: the thread's own, and good for as long as that is; else its
// process's, while they share a table.
func threadFD(tid int) (pidfd int, own bool, err error) {
	if pidfdThread.there() {
		pidfd, err = unix.PidfdOpen(tid, pidfdThreadFlag)
		return pidfd, true, err
	}
	// Then a pidfd stands for a process: of a leader at once, of another thread only if they share the table.
	if pidfd, err := unix.PidfdOpen(tid, 0); err == nil {
		return pidfd, true, nil
	}
	tgid, err := ThreadGroup(tid)
	if err != nil {
		return -1, false, err
	}
	if !kcmpFiles.there() {
		return -1, false, ErrOwnTable
	}
	shared, err := sharesTable(tgid, tid)
	if err != nil {
		return -1, false, err
	}
	if !shared {
		return -1, false, ErrOwnTable
	}
	pidfd, err = unix.PidfdOpen(tgid, 0)
	return pidfd, false, err
}

// sharesTable says whether two threads have one descriptor table; kcmp(2).
func sharesTable(a, b int) (bool, error) {
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpFile, 0, 0, 0)
	if errno != 0 {
		return false, fmt.Errorf("kcmp: %w", errno)
	}
	return order == 0, nil
}

// ThreadGroup returns the process that a thread belongs to.
func ThreadGroup(tid int) (int, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:\t")
	line, _, _ := strings.Cut(rest, "\n")
	return strconv.Atoi(line)
}
