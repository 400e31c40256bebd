package sys

// #include "launch.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Enter sends a process of ours into a network namespace and the user namespace that owns it, to make the sockets of a
// wall there. It takes a StageError where the kernel does not let it in: the owner is not below us, or out of memory. The
// wait ends with the context, and with the keeper, whose child the process is.
func (t *Tree) Enter(ctx context.Context, namespace *os.File) (WallSockets, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return WallSockets{}, err
	}
	defer func() { _ = conn.Close() }() // all that it has to say has been heard
	order := message{kind: C.DV_MSG_ENTER}
	with := unix.UnixRights(int(theirs.Fd()), int(namespace.Fd()))
	_, _, err = t.events.WriteMsgUnix(unsafe.Slice((*byte)(unsafe.Pointer(&order)), unsafe.Sizeof(order)), with, nil)
	if err = errors.Join(err, theirs.Close()); err != nil {
		return WallSockets{}, fmt.Errorf("ask the keeper: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	m, fds, err := hear(conn)
	if err == nil {
		// It closes its own descriptors of the sockets before it ends: till then they keep their ports, whoever else closes them.
		if _, _, end := hear(conn); !errors.Is(end, io.EOF) {
			err = errors.Join(errors.New("the visitor did not end"), end)
		}
	}
	if !stop() {
		err = errors.Join(err, context.Cause(ctx))
	}
	if err != nil {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
		return WallSockets{}, fmt.Errorf("enter the namespace: %w", err)
	}
	return wallSockets(int(m.value), fds)
}
