package sys

// #include "launch.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Listener receives the notifications of a filter. Its methods are for any goroutine, and for many at once.
type Listener struct {
	file    *os.File
	fd      int
	wake    int     // eventfd: ends Receive
	size    int     // of the kernel's struct seccomp_notif, in bytes
	idValid uintptr // the ioctl number that this kernel takes
	closed  atomic.Bool
	watch   sync.WaitGroup

	mu        sync.Mutex
	gone      bool
	receivers map[int]struct{} // threads that are in RECV, or about to be
}

// Notification is one call of a target that the filter caught; seccomp_unotify(2).
type Notification struct {
	ID   uint64
	TID  int // of the calling thread, in our pid namespace; 0 when it is not visible there
	Arch uint32
	Nr   int
	Args [6]uint64
}

// ErrGone says that no process uses the filter any more, or that the listener was closed.
var ErrGone = errors.New("no target is left")

// idValidOld is SECCOMP_IOCTL_NOTIF_ID_VALID as kernels before 5.9 and their stable branches had it: with the
// direction bits the wrong way round (kernel commit 47e33c05f9f0).
const idValidOld = 0x80082102

type rawNotification struct {
	id    uint64
	pid   uint32
	flags uint32
	data  struct {
		nr   int32
		arch uint32
		ip   uint64
		args [6]uint64
	}
}

type rawResponse struct {
	id    uint64
	val   int64
	error int32
	flags uint32
}

const (
	userNotifContinue = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux 5.5
	syncWakeUp        = 1 // SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6
)

func newListener(fd int) (*Listener, error) {
	unix.CloseOnExec(fd)
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("eventfd: %w", err), unix.Close(fd))
	}
	size, err := notificationSize()
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd), unix.Close(wake))
	}
	l := &Listener{file: os.NewFile(uintptr(fd), "seccomp listener"), fd: fd, wake: wake, size: size, idValid: unix.SECCOMP_IOCTL_NOTIF_ID_VALID, receivers: map[int]struct{}{}}
	// Unknown before Linux 6.6, where the round trip is only slower.
	_ = ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, syncWakeUp)
	var none uint64
	if err := ioctlPtr(fd, l.idValid, unsafe.Pointer(&none)); errors.Is(err, unix.EINVAL) {
		l.idValid = idValidOld
	}
	C.dv_catch_interrupt()
	l.watch.Go(l.end)
	return l, nil
}

// notificationSize asks how long the kernel's structures are: a newer kernel may write more than ours holds.
func notificationSize() (int, error) {
	var sizes struct{ notif, resp, data uint16 }
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_NOTIF_SIZES, 0, uintptr(unsafe.Pointer(&sizes)))
	if errno != 0 {
		return 0, fmt.Errorf("seccomp notification sizes: %w", errno)
	}
	if int(sizes.resp) > int(unsafe.Sizeof(rawResponse{})) {
		return 0, fmt.Errorf("this kernel's notification response has %d bytes", sizes.resp)
	}
	return max(int(sizes.notif), int(unsafe.Sizeof(rawNotification{}))), nil
}

// Receive waits for the next notification; the kernel wakes one of those who wait. ErrGone ends the loop; every other error
// is the kernel's refusal. A call that was interrupted or killed before it could be received is passed over.
func (l *Listener) Receive() (Notification, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := unix.Gettid()
	if !l.enter(tid) {
		return Notification{}, ErrGone
	}
	defer l.leave(tid)
	buf := make([]byte, l.size)
	for !l.isGone() {
		clear(buf) // the kernel refuses a buffer that is not zero
		err := ioctlPtr(l.fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(unsafe.SliceData(buf)))
		switch {
		case err == nil:
			raw := (*rawNotification)(unsafe.Pointer(unsafe.SliceData(buf)))
			return Notification{ID: raw.id, TID: int(raw.pid), Arch: raw.data.arch, Nr: int(raw.data.nr), Args: raw.data.args}, nil
		case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EINTR):
		default:
			return Notification{}, fmt.Errorf("receive notification: %w", err)
		}
	}
	return Notification{}, ErrGone
}

func (l *Listener) enter(tid int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.receivers[tid] = struct{}{}
	}
	return !l.gone
}

func (l *Listener) leave(tid int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.receivers, tid)
}

func (l *Listener) isGone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

// end waits until no process uses the filter any more (EPOLLHUP, Linux 5.9) or Wake was called, and gets the receivers out of
// RECV: it ignores O_NONBLOCK, does not wake on close, and before 6.11 not for the last process either. A signal ends it.
func (l *Listener) end() {
	fds := []unix.PollFd{{Fd: int32(l.fd)}, {Fd: int32(l.wake), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	for pause := time.Microsecond; l.interrupt(); pause *= 2 {
		time.Sleep(pause) //nolint:forbidigo // nothing tells when a thread is in RECV; one that was not in RECV yet when the signal came needs another
	}
}

// interrupt signals those who are in RECV, and says whether there were any.
func (l *Listener) interrupt() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	for tid := range l.receivers {
		_ = unix.Tgkill(unix.Getpid(), tid, unix.Signal(C.DV_INTERRUPT)) // ours, and alive: it holds the lock to leave
	}
	return len(l.receivers) > 0
}

// Return ends the call with a value, or with errno when it is not zero. unix.ENOENT: the call is no longer there.
func (l *Listener) Return(id uint64, value int64, errno unix.Errno) error {
	r := rawResponse{id: id, val: value, error: -int32(errno)}
	if errno != 0 {
		r.val = 0
	}
	return l.send(&r)
}

// Continue lets the kernel run the call as the target now has it in its registers and memory.
func (l *Listener) Continue(id uint64) error {
	return l.send(&rawResponse{id: id, flags: userNotifContinue})
}

func (l *Listener) send(r *rawResponse) error {
	for {
		err := ioctlPtr(l.fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(r))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Valid says whether the call is still waiting for its answer, and so whether its thread id still means the thread
// that made it.
func (l *Listener) Valid(id uint64) bool {
	return ioctlPtr(l.fd, l.idValid, unsafe.Pointer(&id)) == nil
}

// Wake ends Receive, now and for good.
func (l *Listener) Wake() error {
	one := [8]byte{1}
	_, err := unix.Write(l.wake, one[:])
	return err
}

// Close closes the listener: every call that still waits returns ENOSYS. No other method may be running.
func (l *Listener) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	err := l.Wake()
	l.watch.Wait()
	return errors.Join(err, l.file.Close(), unix.Close(l.wake))
}

// FilterFlags returns the flags for seccomp(2) that this kernel takes: always a listener; SPEC_ALLOW (4.17), so
// that the filter does not slow the target's speculation down; WAIT_KILLABLE_RECV (5.19), so that a signal does not
// restart a call that was received.
func FilterFlags() uint {
	flags := uint(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	for _, flag := range []uint{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV} {
		if HasFilterFlags(flags | flag) {
			flags |= flag
		}
	}
	return flags
}

// HasFilterFlags says whether the kernel knows these flags: with them and no filter it answers EFAULT.
func HasFilterFlags(flags uint) bool {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), 0)
	return errno == unix.EFAULT
}

func ioctl(fd int, request, arg uintptr) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return errno
	}
	return nil
}

func ioctlPtr(fd int, request uintptr, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
	runtime.KeepAlive(arg)
	if errno != 0 {
		return errno
	}
	return nil
}
