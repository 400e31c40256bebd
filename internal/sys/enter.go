package sys

// #include "launch.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Enter sends a process of ours into a network namespace and the user namespace that owns it, to make the sockets of a
// wall there. It takes a StageError where the kernel does not let it in: the owner is not below us, or out of memory. The
// process is ended with the context.
func Enter(ctx context.Context, namespace *os.File) (WallSockets, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return WallSockets{}, err
	}
	defer func() { _ = conn.Close() }() // all that it has to say has been heard
	pid, err := syscall.ForkExec("/proc/self/exe", []string{C.DV_ENTER_NAME}, &syscall.ProcAttr{
		Files: []uintptr{theirs.Fd(), namespace.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true}, // a terminal's Ctrl-C is not meant for it
	})
	if err != nil {
		return WallSockets{}, errors.Join(fmt.Errorf("start a process: %w", err), theirs.Close())
	}
	err = theirs.Close()
	stop := context.AfterFunc(ctx, func() { _ = unix.Kill(pid, unix.SIGKILL) }) // not reaped before stop
	m, fds, herr := hear(conn)
	if !stop() {
		herr = errors.Join(herr, context.Cause(ctx))
	}
	if _, werr := wait(pid); !errors.Is(werr, unix.ECHILD) {
		err = errors.Join(err, werr)
	}
	if err = errors.Join(err, herr); err != nil {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
		return WallSockets{}, fmt.Errorf("enter the namespace: %w", err)
	}
	return wallSockets(int(m.value), fds)
}
