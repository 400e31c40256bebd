package emulate

import (
	"errors"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Emulator carries out the calls of a tree, many at once. Its fields do not change while it is in use.
type Emulator struct {
	Listener *sys.Listener
	Handler  Handler
	// Local says whether an address is of every namespace itself: what is sent there stays there.
	Local func(netip.Addr) bool
	// Forwarded says whether a local port is one whose clients the handler is told of, as it is of a resolver's; nil is none.
	Forwarded func(port uint16) bool
	// Home is the network of a socket (a duplicate), if it is the one where forwards listen; else nil.
	Home func(fd int) *Network
	// Beside lets the calls run of processes that may not be looked at (EPERM): they are beside the tree's sandboxes, and not
	// in one, which would be ours to look at.
	Beside bool
	// Source is the local address that the kernel would take towards a resolver.
	Source func(resolver netip.Addr) netip.Addr

	// turns keep what one thread asks in order, though its calls are carried out on several: by thread id.
	turns [64]sync.Mutex
}

// verdict is how a call ends.
type verdict struct {
	run   bool // let the kernel run it
	value int64
	errno unix.Errno
	after []func() // once the call has returned
	held  int      // bytes of responses in after
}

func run() verdict                   { return verdict{run: true} }
func fail(errno unix.Errno) verdict  { return verdict{errno: errno} }
func done(value int) verdict         { return verdict{value: int64(value)} }
func (v verdict) failed() bool       { return v.errno != 0 }
func (v *verdict) later(then func()) { v.after = append(v.after, then) }
func (v *verdict) join(other verdict) {
	v.after, v.held = append(v.after, other.after...), v.held+other.held
}

// Handle carries out one caught call and ends it. The error is nil, unix.ENOENT where the call is no longer there,
// or the kernel's refusal of the reply.
func (e *Emulator) Handle(n sys.Notification) error {
	v := e.decide(n)
	if e.Beside && v.errno == unix.EPERM {
		v = run() // or the kernel's own EPERM, which it gives again
	}
	if v.run {
		return e.Listener.Continue(n.ID)
	}
	// The target first gets its count, then the response: a call that a signal cut short is restarted by the
	// kernel, and must not find two. Its next call may be here before that; neither step waits for anybody.
	if len(v.after) > 0 {
		turn := &e.turns[uint(n.TID)%uint(len(e.turns))]
		turn.Lock()
		defer turn.Unlock()
	}
	if err := e.Listener.Return(n.ID, v.value, v.errno); err != nil {
		return err
	}
	for _, then := range v.after {
		then()
	}
	return nil
}

func (e *Emulator) call(n sys.Notification, name string) Call {
	return Call{TID: n.TID, Syscall: name, listener: e.Listener, id: n.ID}
}

func (e *Emulator) decide(n sys.Notification) verdict {
	switch n.Nr {
	case unix.SYS_CONNECT:
		return e.connect(n)
	case unix.SYS_SENDTO:
		return e.sendto(n)
	case unix.SYS_SENDMSG:
		return e.sendmsg(n)
	case unix.SYS_SENDMMSG:
		return e.sendmmsg(n)
	case unix.SYS_SECCOMP, unix.SYS_PRCTL:
		return e.filter(n)
	}
	return fail(unix.ENOSYS)
}

// read copies target memory and makes sure that the call still waited afterwards: a thread id whose thread has
// gone may mean another one by now.
func (e *Emulator) read(n sys.Notification, base uint64, buf []byte) unix.Errno {
	return e.readSpans(n, []sys.Span{{Base: base, Len: len(buf)}}, buf)
}

func (e *Emulator) readSpans(n sys.Notification, spans []sys.Span, buf []byte) unix.Errno {
	_, err := sys.ReadSpans(n.TID, spans, buf)
	if !e.Listener.Valid(n.ID) {
		return unix.ENOENT
	}
	return e.errnoOf(err)
}

// peek copies target memory, and leaves whether the call still waited to what follows: before anything is done about it, take or Waits tell,
// and an answer goes to no call but this.
func (e *Emulator) peek(n sys.Notification, base uint64, buf []byte) unix.Errno {
	_, err := sys.ReadMemory(n.TID, base, buf)
	return e.errnoOf(err)
}

// readAddress peeks at an address.
func (e *Emulator) readAddress(n sys.Notification, base uint64, length int) (address, unix.Errno) {
	raw := make([]byte, length)
	if errno := e.peek(n, base, raw); errno != 0 {
		return address{}, errno
	}
	return decodeAddress(raw), 0
}

// readName reads the address of a send.
func (e *Emulator) readName(n sys.Notification, base uint64, length int) (address, unix.Errno) {
	to, errno := e.readAddress(n, base, length)
	return to.ofSend(), errno
}

// take duplicates the descriptor that the call names, and makes sure that it was the caller's. False: the verdict, which lets the
// call run where none of the caller's descriptors can be had (see unseen).
func (e *Emulator) take(n sys.Notification) (socket, verdict, bool) {
	fd, err := e.Listener.Take(n, int(int32(n.Args[0])))
	if errors.Is(err, sys.ErrOwnTable) || errors.Is(err, sys.ErrNotSupported) {
		return socket{}, run(), false
	}
	if err != nil {
		return socket{}, fail(e.errnoOf(err)), false
	}
	s := socket{fd: fd}
	errno := s.look()
	if !e.Listener.Valid(n.ID) {
		errno = unix.ENOENT
	}
	if errno != 0 {
		s.close()
		return socket{}, fail(errno), false
	}
	return s, verdict{}, true
}

// errnoOf gives the errno in an error, and EACCES where there is none: what cannot be looked at is refused.
func (e *Emulator) errnoOf(err error) unix.Errno {
	var errno unix.Errno
	switch {
	case err == nil:
		return 0
	case errors.Is(err, unix.EPERM) && !e.Beside:
		return unix.EACCES
	case errors.As(err, &errno):
		return errno
	}
	return unix.EACCES
}
