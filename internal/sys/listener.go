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
	wake    int       // eventfd: ends Receive
	sizes   callSizes // of the kernel's structures
	idValid uintptr   // the ioctl number that this kernel takes
	closed  atomic.Bool
	watch   sync.WaitGroup
	pidfds  pidfds

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
	sizes, err := kernelSizes()
	if err == nil && !userNotifRun.thereOn(fd) {
		err = userNotifRun.lacking()
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd), unix.Close(wake))
	}
	l := &Listener{file: os.NewFile(uintptr(fd), "seccomp listener"), fd: fd, wake: wake, sizes: sizes.used(), idValid: idValidOld, receivers: map[int]struct{}{}}
	syncWake.thereOn(fd) // asking for it switches it on
	if idValid.thereOn(fd) {
		l.idValid = unix.SECCOMP_IOCTL_NOTIF_ID_VALID
	}
	l.pidfds.fill()
	C.dv_catch_interrupt(0)
	l.watch.Go(l.end)
	return l, nil
}

// callSizes is struct seccomp_notif_sizes, in bytes.
type callSizes struct{ notif, resp, data uint16 }

// kernelSizes asks how long the kernel's structures are.
func kernelSizes() (callSizes, error) {
	var sizes callSizes
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_NOTIF_SIZES, 0, uintptr(unsafe.Pointer(&sizes)))
	if errno != 0 {
		return sizes, fmt.Errorf("seccomp notification sizes: %w", errno)
	}
	return sizes, nil
}

// used are how long buffers are: as the kernel says, which may write and read more than ours hold, but no less than ours. What a newer
// kernel adds to them is zero in what it reads, and not looked at in what it writes. A masked feature makes them twice as long.
func (sizes callSizes) used() callSizes {
	sizes.notif = max(sizes.notif, uint16(unsafe.Sizeof(rawNotification{})))
	sizes.resp = max(sizes.resp, uint16(unsafe.Sizeof(rawResponse{})))
	if notifSizes.masked() {
		sizes.notif, sizes.resp = 2*sizes.notif, 2*sizes.resp
	}
	return sizes
}

// room is for the structures of the kernels that there are; it lies on the stack.
type room [16]uint64

// buffer is zero, and aligned as the kernel's structures are: the room where that is enough.
func (r *room) buffer(size uint16) []byte {
	words := r[:]
	if int(size) > len(words)*8 {
		words = make([]uint64, (int(size)+7)/8)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), int(size))
}

// Receive waits for the next notification; the kernel wakes one of those who wait. ErrGone ends the loop; every other error
// is the kernel's refusal. A call that was interrupted or killed before it could be received is passed over.
func (l *Listener) Receive() (Notification, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := int(C.dv_tid())
	if !l.enter(tid) {
		return Notification{}, ErrGone
	}
	defer l.leave(tid)
	var room room
	buf := room.buffer(l.sizes.notif)
	for !l.isGone() {
		clear(buf) // the kernel refuses a buffer that is not zero
		err := ioctlPtr(l.fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(unsafe.SliceData(buf)))
		switch {
		case err == nil:
			return decodeNotification(buf), nil
		case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EINTR):
		default:
			return Notification{}, fmt.Errorf("receive notification: %w", err)
		}
	}
	return Notification{}, ErrGone
}

// decodeNotification reads a struct seccomp_notif. Its flags mean nothing yet.
func decodeNotification(b []byte) Notification {
	raw := (*rawNotification)(unsafe.Pointer(unsafe.SliceData(b)))
	return Notification{ID: raw.id, TID: int(raw.pid), Arch: raw.data.arch, Nr: int(raw.data.nr), Args: raw.data.args}
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
		_, err := unix.Poll(fds, -1)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) { // ENOMEM: targets are left all the same
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // nothing tells when there is some again
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
	var room room
	b := r.encode(&room, l.sizes.resp)
	for {
		err := ioctlPtr(l.fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(unsafe.SliceData(b)))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// encode is the response as the kernel reads it.
func (r *rawResponse) encode(room *room, size uint16) []byte {
	b := room.buffer(size)
	*(*rawResponse)(unsafe.Pointer(unsafe.SliceData(b))) = *r
	return b
}

// Valid says whether the call is still waiting for its answer, and so whether its thread id still means the thread
// that made it.
func (l *Listener) Valid(id uint64) bool {
	return ioctlPtr(l.fd, l.idValid, unsafe.Pointer(&id)) == nil
}

// Take is TakeDescriptor of the thread that calls; for threads that do so often it is quicker.
func (l *Listener) Take(n Notification, fd int) (int, error) { return l.pidfds.take(n.TID, fd) }

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
	l.pidfds.close()
	return errors.Join(err, l.file.Close(), unix.Close(l.wake))
}

// FilterFlags returns the flags for seccomp(2) that this kernel takes: always a listener; SPEC_ALLOW (4.17), so
// that the filter does not slow the target's speculation down; WAIT_KILLABLE_RECV (5.19), so that a signal does not
// restart a call that was received.
func FilterFlags() uint {
	flags := uint(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	if specAllow.there() {
		flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	}
	if waitKillable.there() {
		flags |= unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	}
	return flags
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
