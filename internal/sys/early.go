package sys

// #include "launch.h"
import "C"

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// early guards dv_started.early: the keeper that the constructor has started, until somebody takes it.
var early sync.Mutex

func takeEarly() C.struct_dv_early {
	early.Lock()
	defer early.Unlock()
	taken := C.dv_started.early
	C.dv_started.early = C.struct_dv_early{}
	return taken
}

// DropEarly ends the command that was started before Go was, if there is one.
func DropEarly() error { return drop(takeEarly()) }

func drop(e C.struct_dv_early) error {
	if e.pid == 0 {
		return nil
	}
	err := errors.Join(unix.Close(int(e.events)), unix.Close(int(e.launch)))
	if _, werr := wait(int(e.pid)); werr != nil {
		err = errors.Join(err, fmt.Errorf("wait for the keeper: %w", werr))
	}
	return err
}

// passedOn says whether every descriptor that we were started with is one that the command gets. One that was started early has them all.
func passedOn() bool {
	for _, fd := range Started().Descriptors {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
			return false
		}
	}
	return true
}

// adopt makes the tree that of the command that was started early, if it is the one that is wanted.
func (t *Tree) adopt(args []string) (bool, error) {
	e := takeEarly()
	if e.pid == 0 || !slices.Equal(words(e.command), args) || !passedOn() {
		return false, drop(e)
	}
	t.keeper = int(e.pid)
	events, launch := os.NewFile(uintptr(e.events), "keeper"), os.NewFile(uintptr(e.launch), "launch")
	var err error
	if t.events, err = polled(events); err != nil {
		return false, errors.Join(err, launch.Close())
	}
	if t.launch, err = polled(launch); err != nil {
		return false, errors.Join(err, t.events.Close())
	}
	return true, nil
}

// polled puts one end of a pair, which it closes, to the network poller.
func polled(ours *os.File) (*net.UnixConn, error) {
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

// words reads what argv and environ are.
func words(at **C.char) []string {
	var all []string
	for ; at != nil && *at != nil; at = (**C.char)(unsafe.Add(unsafe.Pointer(at), unsafe.Sizeof(*at))) {
		all = append(all, C.GoString(*at))
	}
	return all
}
