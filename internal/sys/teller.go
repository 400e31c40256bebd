package sys

// #include "launch.h"
import "C"

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Teller is a process of ours, not confined, that says which program a process runs. Its methods are for any goroutine.
type Teller struct {
	pid int

	mu   sync.Mutex
	conn *net.UnixConn
}

// StartTeller starts one. It ends when it is closed, or with us.
func StartTeller() (*Teller, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	pid, err := syscall.ForkExec("/proc/self/exe", []string{C.DV_TELLER_NAME}, &syscall.ProcAttr{Files: []uintptr{theirs.Fd()}})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the teller: %w", err), conn.Close())
	}
	return &Teller{pid: pid, conn: conn}, nil
}

// Executable is the program that a process runs; "" where it cannot be told.
func (t *Teller) Executable(pid int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	question := int32(pid)
	if _, err := t.conn.Write(unsafe.Slice((*byte)(unsafe.Pointer(&question)), unsafe.Sizeof(question))); err != nil {
		return ""
	}
	answer := make([]byte, 1+unix.PathMax)
	n, err := t.conn.Read(answer)
	if err != nil || n < 1 {
		return ""
	}
	return string(answer[1:n])
}

// Close ends it.
func (t *Teller) Close() error {
	err := t.conn.Close()
	if _, werr := wait(t.pid); !errors.Is(werr, unix.ECHILD) {
		err = errors.Join(err, werr)
	}
	return err
}
