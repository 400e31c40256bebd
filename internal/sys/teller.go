package sys

// #include "launch.h"
import "C"

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
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

// tellTime bounds a question to the teller: it looks up a link, and a user may have stopped it.
const tellTime = time.Second

// Executable is the program that a process runs; "" where it cannot be told, from now on where the teller does not answer.
func (t *Teller) Executable(pid int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	path, err := t.ask(int32(pid))
	if err != nil {
		_ = t.conn.Close() // a late answer would be taken for that to the next question
	}
	return path
}

func (t *Teller) ask(pid int32) (string, error) {
	if err := t.conn.SetDeadline(time.Now().Add(tellTime)); err != nil {
		return "", err
	}
	if _, err := t.conn.Write(unsafe.Slice((*byte)(unsafe.Pointer(&pid)), unsafe.Sizeof(pid))); err != nil {
		return "", err
	}
	answer := make([]byte, 1+unix.PathMax)
	n, err := t.conn.Read(answer)
	if err != nil || n < 1 {
		return "", errors.Join(err, io.ErrUnexpectedEOF)
	}
	return string(answer[1:n]), nil
}

// Close ends it. One that did not answer is not waited for: it ends when it reads on.
func (t *Teller) Close() error {
	err := t.conn.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	if _, werr := wait(t.pid); !errors.Is(werr, unix.ECHILD) {
		err = errors.Join(err, werr)
	}
	return err
}
