package sys

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

func tryUserNotif() error {
	action := uint32(unix.SECCOMP_RET_USER_NOTIF)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return reason(errno)
}

// filterFlag asks for a flag of seccomp(2) beside those of a run: with flags that it knows and no filter the kernel says EFAULT.
func filterFlag(flag uint) func() error {
	return func() error {
		flags := flag | unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), 0)
		if errno == unix.EFAULT {
			return nil
		}
		return reason(errno)
	}
}

// tryTSYNC asks for the flag that a filter of our own takes, as filterFlag does.
func tryTSYNC() error {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, 0)
	return but(unix.EFAULT, reason(errno))
}

// onListener tries something on a listener of nobody's: of a thread that has ended, with a filter that catches nothing.
func onListener(try func(fd int) error) error {
	done := make(chan error)
	go aside(func() {
		fd, err := bareListener()
		if err == nil {
			err = try(fd)
			_ = unix.Close(fd)
		}
		done <- err
	})
	return <-done
}

// aside runs f on a thread that ends with it: what f does to its thread cannot be undone. The main thread would not end.
func aside(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		f() // a goroutine that ends locked takes its thread along
		return
	}
	defer runtime.UnlockOSThread()
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		aside(f)
	}()
	<-ran
}

// bareListener gives the thread that calls it a filter, and returns its listener.
func bareListener() (int, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, fmt.Errorf("no_new_privs: %w", err)
	}
	allow := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
	program := unix.SockFprog{Len: 1, Filter: &allow}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(&allow)
	if errno != 0 {
		// Whatever it is, it says nothing of what was to be tried.
		return -1, fmt.Errorf("a filter to try it on: %s", errno.Error())
	}
	return int(fd), nil
}

// noCall is the id of no call: the kernel looks it up when it has understood the rest, and says ENOENT.
const noCall = 0

func tryContinue(fd int) error {
	r := rawResponse{id: noCall, flags: userNotifContinue}
	return but(unix.ENOENT, ioctlPtr(fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r)))
}

func trySyncWakeUp(fd int) error {
	return ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, syncWakeUp)
}

func tryIDValid(fd int) error {
	id := uint64(noCall)
	return but(unix.ENOENT, ioctlPtr(fd, unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&id)))
}

// rawAddfd is struct seccomp_notif_addfd.
type rawAddfd struct {
	id                               uint64
	flags, srcfd, newfd, newfd_flags uint32 //nolint:revive // as in linux/seccomp.h
}

func tryAddfdSend(fd int) error {
	const send = 2 // SECCOMP_ADDFD_FLAG_SEND
	r := rawAddfd{id: noCall, flags: send, srcfd: ^uint32(0)}
	return but(unix.EBADF, ioctlPtr(fd, unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&r)))
}

var errLonger = errors.New("this kernel's are longer")

func tryNotifSizes() error {
	sizes, err := kernelSizes()
	if err == nil && (int(sizes.notif) > int(unsafe.Sizeof(rawNotification{})) || int(sizes.resp) > int(unsafe.Sizeof(rawResponse{}))) {
		return errLonger
	}
	return err
}

func tryPidfdOpen() error {
	return closed(unix.PidfdOpen(unix.Getpid(), unix.PIDFD_NONBLOCK))
}

func tryPidfdGetfd() error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	pidfd, err := unix.PidfdOpen(unix.Getpid(), 0)
	if err != nil {
		return fmt.Errorf("pidfd_open: %s", err.Error()) // a matter of its own
	}
	return errors.Join(closed(unix.PidfdGetfd(pidfd, int(null.Fd()), 0)), unix.Close(pidfd))
}

func tryPidfdThread() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return closed(unix.PidfdOpen(unix.Gettid(), pidfdThreadFlag))
}

func tryKcmp() error {
	_, err := sharesTable(unix.Getpid(), unix.Getpid())
	return err
}

func tryProcessVMReadv() error {
	_, err := unix.ProcessVMReadv(unix.Getpid(), nil, nil, 0)
	return err
}

func tryOpenat2() error {
	return closed(unix.Openat2(unix.AT_FDCWD, "/", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC}))
}

var errNoMountID = errors.New("statx does not tell it")

func tryMountID() error {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, "/", 0, unix.STATX_MNT_ID, &st); err != nil {
		return err
	}
	if st.Mask&unix.STATX_MNT_ID == 0 {
		return errNoMountID
	}
	return nil
}

// tryCloseRange asks for a range that is none: EINVAL, from who knows the call.
func tryCloseRange() error {
	return but(unix.EINVAL, unix.CloseRange(1, 0, 0))
}

func tryNetnsCookie() error {
	return withSocket(unix.AF_INET, func(fd int) error {
		_, errno := networkCookie(fd)
		return reason(errno)
	})
}

// trySocketNetns asks for a namespace that an ordinary user is not given.
func trySocketNetns() error {
	return withSocket(unix.AF_INET, func(fd int) error {
		ns, err := networkOf(fd)
		if err != nil {
			return but(unix.EPERM, err)
		}
		return ns.Close()
	})
}

func tryProcChildren() error {
	list, err := os.Open("/proc/thread-self/children")
	if err != nil {
		if _, serr := os.Stat("/proc/thread-self"); serr != nil {
			return fmt.Errorf("/proc: %s", serr.Error())
		}
		return err
	}
	return list.Close()
}

func tryIPv6() error {
	return withSocket(unix.AF_INET6, func(int) error { return nil })
}

func withSocket(family int, f func(fd int) error) error {
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return errors.Join(f(fd), unix.Close(fd))
}

// closed closes what a call opened to see whether it can.
func closed(fd int, err error) error {
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// but is an error unless it is the expected one.
func but(expected unix.Errno, err error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

func reason(errno unix.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
