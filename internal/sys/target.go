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
	if !TakesDescriptors() {
		return -1, pidfdGetfd.lacking()
	}
	pidfd, err := threadFD(tid)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	return unix.PidfdGetfd(pidfd, fd, 0)
}

// TakesDescriptors says whether TakeDescriptor can work at all.
func TakesDescriptors() bool { return pidfdGetfd.there() }

func threadFD(tid int) (int, error) {
	if pidfdThread.there() {
		return unix.PidfdOpen(tid, pidfdThreadFlag)
	}
	// Then a pidfd stands for a process: of a leader at once, of another thread only if they share the table.
	if pidfd, err := unix.PidfdOpen(tid, 0); err == nil {
		return pidfd, nil
	}
	tgid, err := ThreadGroup(tid)
	if err != nil {
		return -1, err
	}
	if !kcmpFiles.there() {
		return -1, ErrOwnTable
	}
	shared, err := sharesTable(tgid, tid)
	if err != nil {
		return -1, err
	}
	if !shared {
		return -1, ErrOwnTable
	}
	return unix.PidfdOpen(tgid, 0)
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
