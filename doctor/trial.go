package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// step is a part of the trial. The launch itself has stages of its own (sys.Stage).
type step int

const (
	stepLaunch   step = iota // namespaces, maps, sockets, filter
	stepWall                 // routing rules and transparent sockets in the namespace
	stepListener             // taking the listener
	stepReceive              // receiving the notification and answering it
	stepMemory               // looking into the target's memory
	stepTake                 // duplicating the target's descriptor
)

func (s step) String() string {
	switch s {
	case stepWall:
		return "build the wall"
	case stepListener:
		return "take the listener"
	case stepReceive:
		return "answer a caught call"
	case stepMemory:
		return "read the target's memory"
	case stepTake:
		return "take the target's descriptor"
	case stepLaunch:
	}
	return "launch"
}

// trialError is a launch that failed, with the kernel's reason.
type trialError struct {
	step step
	err  error
}

func (e *trialError) Error() string { return e.step.String() + ": " + e.err.Error() }
func (e *trialError) Unwrap() error { return e.err }

// The trial's command asks the kernel to exec what is not there, is caught, and gets an errno that no kernel gives
// for it: so it is known who answered.
const (
	trialCommand = "/codex-dnsvisor-doctor/no-such-program"
	errCaught    = unix.EHOSTDOWN
)

var errNotCaught = errors.New("the kernel did not hand the call over")

// try launches a command as a run does, up to its exec, which it catches and refuses. Nothing is left of it. A nil
// error: a run works. look sees the sockets of the new network namespace while it is empty.
func try(ctx context.Context, identify func(*sys.Config) error, look func(sys.WallSockets)) error {
	config := sys.Config{Filter: trialFilter(), SeccompFlags: sys.FilterFlags()}
	if err := identify(&config); err != nil {
		return &trialError{stepLaunch, err}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tree, sockets, err := sys.Launch([]string{trialCommand}, func() (sys.Config, error) { return config, nil })
	if err != nil {
		return &trialError{stepLaunch, err}
	}
	stop := context.AfterFunc(ctx, func() { _ = tree.End() }) // a tree that has ended needs no end
	look(sockets)
	if err = supervisor.TryWall(sockets); err != nil {
		err = &trialError{stepWall, err}
	} else {
		err = tryCall(tree)
	}
	stop()
	err = errors.Join(err, tree.Close())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// tryCall lets the command exec, and answers.
func tryCall(tree *sys.Tree) error {
	listener, err := tree.Load()
	if err != nil {
		return &trialError{stepOf(err), err}
	}
	answered := make(chan error, 1)
	go func() {
		err := answerCall(listener)
		if err != nil {
			_ = tree.End() // it would wait for an answer for ever
		}
		answered <- err
	}()
	err = tree.Exec()
	if stage, ok := errors.AsType[*sys.StageError](err); ok && stage.Stage == sys.StageExec && stage.Errno == errCaught {
		err = nil
	} else {
		err = &trialError{stepReceive, errors.Join(errNotCaught, err)}
	}
	wakeErr := listener.Wake()
	if aerr := <-answered; aerr != nil {
		err = aerr // the cause: what Exec says is its effect
	}
	return errors.Join(err, wakeErr, listener.Close())
}

// stepOf is the step in which a launch failed, up to its listener.
func stepOf(err error) step {
	if failed, ok := errors.AsType[*sys.StageError](err); ok && failed.Stage != sys.StageListener {
		return stepLaunch
	}
	return stepListener
}

// answerCall receives the exec, looks into the command as a run does, and refuses the call.
func answerCall(listener *sys.Listener) error {
	n, err := listener.Receive()
	if err != nil {
		return &trialError{stepReceive, err}
	}
	err = inspect(n)
	if !listener.Valid(n.ID) {
		return &trialError{stepReceive, errors.Join(errors.New("the call went away"), err)}
	}
	if rerr := listener.Return(n.ID, 0, errCaught); rerr != nil {
		return &trialError{stepReceive, errors.Join(rerr, err)}
	}
	return err
}

func inspect(n sys.Notification) error {
	if n.Nr != unix.SYS_EXECVE || n.TID == 0 {
		return &trialError{stepReceive, fmt.Errorf("call %d of thread %d", n.Nr, n.TID)}
	}
	path := make([]byte, len(trialCommand))
	if _, err := sys.ReadMemory(n.TID, n.Args[0], path); err != nil {
		return &trialError{stepMemory, err}
	}
	if string(path) != trialCommand {
		return &trialError{stepMemory, errors.New("it is not what the command wrote there")}
	}
	memory, err := sys.OpenMemory(n.TID)
	if err != nil {
		return &trialError{stepMemory, err}
	}
	if err := memory.Close(); err != nil {
		return &trialError{stepMemory, err}
	}
	fd, err := sys.TakeDescriptor(n.TID, 0)
	switch {
	case err == nil:
		return unix.Close(fd)
	case errors.Is(err, unix.EBADF), errors.Is(err, sys.ErrNotSupported): // we were started without standard input; a run does without
		return nil
	}
	return &trialError{stepTake, err}
}

// trialFilter catches execve and allows the rest.
func trialFilter() []byte {
	var out []byte
	for _, i := range []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_EXECVE},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	} {
		out = binary.NativeEndian.AppendUint16(out, i.Code)
		out = append(out, i.Jt, i.Jf)
		out = binary.NativeEndian.AppendUint32(out, i.K)
	}
	return out
}

// probeTrial words the outcome of a launch, given its error.
func probeTrial(h *host, err error) answer {
	switch {
	case err == nil:
		return yes("a command starts behind the wall, and its calls are caught")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return unknown("not tried to the end: %v", err)
	case errors.Is(err, io.EOF):
		return noBut(err.Error(), "a process of the launch was killed: look for a seccomp profile or a security module that does so (dmesg)")
	}
	found := err.Error()
	if stage, ok := errors.AsType[*sys.StageError](err); ok {
		found = stage.Error() // who heard of it first is of no interest
	}
	return noBut(found, h.advise(err))
}
