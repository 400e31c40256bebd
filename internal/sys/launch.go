package sys

// #include "launch.h"
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Config says how a command is started.
type Config struct {
	Filter       []byte // struct sock_filter array in native byte order, at most 4096 entries
	SeccompFlags uint   // for seccomp(2); see FilterFlags
	UIDMap       string // as /proc/PID/uid_map takes it
	GIDMap       string // as /proc/PID/gid_map takes it
	Nested       bool   // the command runs in a user namespace below the network namespace's owner
	NoSetgroups  bool   // the maps are written without CAP_SETGID
	Linger       bool   // the tree outlives the command
	UnixInside   bool   // AF_UNIX sockets by path that were made outside are out of the tree's reach; see LandlockUnix
	Streams4     int    // sockets to make inside for Tree.Streams4
	Streams6     int    // sockets to make inside for Tree.Streams6; with Streams4 at most MaxStreams
}

// MaxStreams is how many stream sockets a command can be asked for.
const MaxStreams = C.DV_MAX_STREAMS

// Stage is a step of the launch that failed.
type Stage int

var stages = map[Stage]string{
	C.DV_STAGE_FORK:          "start a process",
	C.DV_STAGE_CHILDREN:      "read the list of children in /proc",
	C.DV_STAGE_USERNS:        "make a user namespace",
	C.DV_STAGE_MAP:           "map ids into the user namespace",
	C.DV_STAGE_NETNS:         "make a network namespace",
	C.DV_STAGE_SOCKETS:       "make sockets in the network namespace",
	C.DV_STAGE_NESTED_USERNS: "make a nested user namespace",
	C.DV_STAGE_NESTED_MAP:    "map ids into the nested user namespace",
	C.DV_STAGE_CAPS:          "drop capabilities",
	C.DV_STAGE_RESTORE:       "restore signals and limits",
	C.DV_STAGE_NO_NEW_PRIVS:  "set no_new_privs",
	C.DV_STAGE_SECCOMP:       "load the seccomp filter",
	C.DV_STAGE_EXEC:          "exec",
	StageListener:            "take the listener",
	C.DV_STAGE_ENTER_USERNS:  "enter the user namespace that owns a network namespace",
	C.DV_STAGE_ENTER_NETNS:   "enter a network namespace",
	C.DV_STAGE_LANDLOCK:      "make a Landlock domain",
	C.DV_STAGE_KEEP:          "keep the tree",
}

// The stages whose errors callers tell apart.
const (
	StageUserNamespace Stage = C.DV_STAGE_USERNS
	StageMap           Stage = C.DV_STAGE_MAP
	StageNetNamespace  Stage = C.DV_STAGE_NETNS
	StageNestedUser    Stage = C.DV_STAGE_NESTED_USERNS
	StageSeccomp       Stage = C.DV_STAGE_SECCOMP
	StageExec          Stage = C.DV_STAGE_EXEC
	StageListener      Stage = -1 // of the supervisor's: takes the listener
)

// StageError is a step of the launch that failed, with the kernel's reason.
type StageError struct {
	Stage Stage
	Errno unix.Errno
}

func (e *StageError) Error() string { return stages[e.Stage] + ": " + e.Errno.Error() }

// Unwrap gives the errno to errors.Is.
func (e *StageError) Unwrap() error { return e.Errno }

// WallSockets are the sockets made inside the new network namespace, non-blocking and unbound.
// UDP6 and TCP6 are nil on a kernel without IPv6.
type WallSockets struct{ Route, UDP6, TCP6, UDP4, TCP4 *os.File }

// Tree is a command that is being started, and then its whole process tree.
type Tree struct {
	PID int // of the command
	// TCP sockets made inside the new network namespace, non-blocking and unbound: as many as Config asks for, but of IPv6
	// none on a kernel without it. Who takes them sets them to nil; Close closes what is left.
	Streams4, Streams6 []*os.File

	ended  bool
	keeper int           // its pid
	events *net.UnixConn // to the keeper
	launch *net.UnixConn // to the command until its exec
}

// Launch starts the keeper and through it the command (args: at least one), up to the sockets of the wall: the command
// waits until Exec. configure is called while the processes start, or have been started early. On an error nothing is left running.
func Launch(args []string, configure func() (Config, error)) (*Tree, WallSockets, error) {
	t := &Tree{}
	if err := require(); err != nil {
		return nil, WallSockets{}, err
	}
	adopted, err := t.adopt(args)
	if err == nil && !adopted {
		err = t.startKeeper(C.DV_KEEPER_NAME, args)
	}
	if err != nil {
		return nil, WallSockets{}, err
	}
	var sockets WallSockets
	config, err := configure()
	if err == nil {
		sockets, err = t.begin(config)
	}
	if err != nil {
		return nil, WallSockets{}, errors.Join(err, t.Close())
	}
	return t, sockets, nil
}

// LaunchHere is Launch for a command that stays in our own namespaces, with what it is capable of there: there are no
// sockets, and the id maps are not used.
func LaunchHere(args []string, configure func() (Config, error)) (*Tree, error) {
	t := &Tree{}
	if err := require(); err != nil {
		return nil, err
	}
	if err := errors.Join(DropEarly(), t.startKeeper(C.DV_KEEPER_HERE_NAME, args)); err != nil {
		return nil, err
	}
	config, err := configure()
	if err == nil {
		_, err = t.configure(config)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (c Config) encode() ([]byte, error) {
	const insn = int(unsafe.Sizeof(C.struct_dv_insn{}))
	blob := make([]byte, unsafe.Sizeof(C.struct_dv_config{}))
	out := (*C.struct_dv_config)(unsafe.Pointer(unsafe.SliceData(blob)))
	if len(c.Filter) == 0 || len(c.Filter)%insn != 0 || len(c.Filter)/insn > C.DV_MAX_FILTER {
		return nil, fmt.Errorf("a filter of %d bytes", len(c.Filter))
	}
	if most := min(C.DV_MAP_SIZE, os.Getpagesize()) - 1; len(c.UIDMap) > most || len(c.GIDMap) > most {
		return nil, fmt.Errorf("an id map of more than %d bytes", most)
	}
	if c.Streams4 < 0 || c.Streams6 < 0 || c.Streams4+c.Streams6 > MaxStreams {
		return nil, fmt.Errorf("%d sockets", c.Streams4+c.Streams6)
	}
	out.size = C.uint32_t(len(blob))
	for flag, on := range map[C.uint32_t]bool{
		C.DV_NESTED: c.Nested, C.DV_LINGER: c.Linger, C.DV_DENY_SETGROUPS: c.NoSetgroups,
		C.DV_SEND_LISTENER: !TakesDescriptors(), C.DV_CLOSE_EACH: !closeRange.there(), C.DV_UNIX_INSIDE: c.UnixInside,
	} {
		if on {
			out.flags |= flag
		}
	}
	out.sig_ignored, out.sig_mask = C.dv_started.sig_ignored, C.dv_started.sig_mask
	out.nofile_cur, out.nofile_max = C.dv_started.nofile_cur, C.dv_started.nofile_max
	out.closed = C.dv_started.closed
	out.seccomp_flags = C.uint32_t(c.SeccompFlags)
	out.streams4, out.streams6 = C.uint32_t(c.Streams4), C.uint32_t(c.Streams6)
	out.filter_len = C.uint32_t(len(c.Filter) / insn)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&out.uid_map[0])), C.DV_MAP_SIZE), c.UIDMap)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&out.gid_map[0])), C.DV_MAP_SIZE), c.GIDMap)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&out.filter[0])), C.DV_MAX_FILTER*insn), c.Filter)
	return blob, nil
}

func (t *Tree) startKeeper(name string, args []string) error {
	events, keeperEnd, err := socketPair()
	if err != nil {
		return err
	}
	defer keeperEnd.Close()
	launch, commandEnd, err := socketPair()
	if err != nil {
		return errors.Join(err, events.Close())
	}
	defer commandEnd.Close()
	t.events, t.launch = events, launch

	// The keeper takes its two ends under their own numbers, so that every inherited descriptor keeps its own.
	argv := []string{name, strconv.Itoa(int(keeperEnd.Fd())), strconv.Itoa(int(commandEnd.Fd()))}
	for _, end := range []*os.File{keeperEnd, commandEnd} {
		if _, err := unix.FcntlInt(end.Fd(), unix.F_SETFD, 0); err != nil {
			return errors.Join(err, events.Close(), launch.Close())
		}
	}
	// Not os.StartProcess, which tries pidfds out with a process of its own first: the keeper is waited for but never signalled.
	t.keeper, err = syscall.ForkExec("/proc/self/exe", append(argv, args...), &syscall.ProcAttr{
		Env:   Started().Environ,
		Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return errors.Join(notStarted(err), events.Close(), launch.Close())
	}
	return nil
}

// ErrNoProc says that /proc is not mounted, without which nothing starts.
var ErrNoProc = errors.New("/proc is not mounted")

// notStarted words why the keeper did not start.
func notStarted(err error) error {
	if _, serr := os.Lstat("/proc/self"); errors.Is(serr, os.ErrNotExist) {
		return ErrNoProc
	}
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return &StageError{Stage: C.DV_STAGE_FORK, Errno: errno}
	}
	return fmt.Errorf("start the keeper: %w", err)
}

// socketPair returns our end, for the network poller, and the other, a blocking descriptor.
func socketPair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "launch peer")
	conn, err := polled(os.NewFile(uintptr(fds[0]), "launch"))
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return conn, theirs, nil
}

// configure tells the processes what to do, and hears of the command. unsaid is why the command may not have been told: it has
// failed then, and has said why.
func (t *Tree) configure(config Config) (unsaid, err error) {
	blob, err := config.encode()
	if err != nil {
		return nil, err
	}
	_, kerr := t.events.Write(blob)
	_, unsaid = t.launch.Write(blob)
	if lost := errors.Join(kerr, unsaid); lost != nil && !errors.Is(lost, unix.EPIPE) && !errors.Is(lost, unix.ECONNRESET) {
		return nil, fmt.Errorf("control socket: %w", lost) // whoever has not ended would wait for it for ever
	}
	m, _, err := hear(t.events)
	if err != nil {
		return unsaid, fmt.Errorf("the keeper did not start: %w", cause(err, kerr))
	}
	t.PID = int(m.value)
	return unsaid, nil
}

// cause leaves out that a process could not be told what to do which has said why it ended before.
func cause(said, unsaid error) error {
	if errors.As(said, new(*StageError)) {
		return said
	}
	return errors.Join(said, unsaid)
}

func (t *Tree) begin(config Config) (WallSockets, error) {
	cerr, err := t.configure(config)
	if err != nil {
		return WallSockets{}, err
	}
	m, sockets, err := hear(t.launch)
	if err != nil {
		return WallSockets{}, fmt.Errorf("the command did not start: %w", cause(err, cerr))
	}
	w, err := wallSockets(int(m.value), sockets)
	if err == nil && config.Streams4+config.Streams6 > 0 {
		if err = t.takeStreams(); err != nil {
			err = errors.Join(err, w.Close())
		}
	}
	return w, err
}

// takeStreams takes the sockets that the configuration asked for.
func (t *Tree) takeStreams() error {
	m, sockets, err := hear(t.launch)
	if err != nil {
		return fmt.Errorf("the command did not start: %w", err)
	}
	for i, fd := range sockets {
		switch {
		case i < int(m.value):
			t.Streams4 = append(t.Streams4, os.NewFile(uintptr(fd), "tcp4"))
		case ipv6.there():
			t.Streams6 = append(t.Streams6, os.NewFile(uintptr(fd), "tcp6"))
		default:
			_ = unix.Close(fd)
		}
	}
	return nil
}

func wallSockets(mask int, fds []int) (WallSockets, error) {
	var w WallSockets
	slots := []**os.File{&w.Route, &w.UDP6, &w.TCP6, &w.UDP4, &w.TCP4}
	names := []string{"rtnetlink", "udp6", "tcp6", "udp4", "tcp4"}
	for i, slot := range slots {
		if mask&(1<<i) != 0 && len(fds) > 0 {
			*slot = os.NewFile(uintptr(fds[0]), names[i])
			fds = fds[1:]
		}
	}
	if w.Route == nil || w.UDP4 == nil || w.TCP4 == nil || len(fds) > 0 {
		return w, errors.Join(errors.New("the command sent the wrong sockets"), w.Close())
	}
	if !ipv6.there() {
		err := WallSockets{UDP6: w.UDP6, TCP6: w.TCP6}.Close()
		w.UDP6, w.TCP6 = nil, nil
		return w, err
	}
	return w, nil
}

// Close closes every socket that is there.
func (w WallSockets) Close() error {
	var errs []error
	for _, f := range []*os.File{w.Route, w.UDP6, w.TCP6, w.UDP4, w.TCP4} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// ErrEnded says that the command ended before its exec, and did not say why: a signal can end it once it has its own signal mask.
// Next says how it ended.
var ErrEnded = errors.New("the command ended before it began")

// Load takes the listener from the command, which has loaded its filter meanwhile, or is sent it.
func (t *Tree) Load() (*Listener, error) {
	l, err := t.load()
	// It closes its listener when it is told to go on: a number that is free says, before Linux 6.9, that it is ending.
	if errors.Is(err, io.EOF) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EBADF) {
		err = fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return l, err
}

func (t *Tree) load() (*Listener, error) {
	m, fds, err := hear(t.launch)
	if err != nil {
		return nil, err
	}
	if len(fds) > 0 {
		return newListener(fds[0])
	}
	if !TakesDescriptors() {
		return nil, pidfdGetfd.lacking()
	}
	pidfd, err := unix.PidfdOpen(t.PID, 0)
	if err != nil {
		return nil, fmt.Errorf("pidfd_open: %w", err)
	}
	defer unix.Close(pidfd)
	fd, err := unix.PidfdGetfd(pidfd, int(m.value), 0)
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return nil, &StageError{Stage: StageListener, Errno: errno}
	}
	if err != nil {
		return nil, fmt.Errorf("take the listener: %w", err)
	}
	return newListener(fd)
}

// Exec lets the command exec. A StageError of StageExec says that it could not. One that a signal ended before has no error: Next
// says so, as of one that had begun.
func (t *Tree) Exec() error {
	said := say(t.launch, C.DV_MSG_GO, 0, 0)
	_, _, err := hear(t.launch)
	if said != nil && !errors.As(err, new(*StageError)) {
		err = said // one that has failed already has said so
	}
	if errors.Is(err, io.EOF) || errors.Is(err, unix.EPIPE) {
		return nil
	}
	return err
}

// Event is what the keeper tells of the command: exactly one of Stopped and Exited is set.
type Event struct {
	Stopped unix.Signal
	Stops   int // with Stopped: how many stops that makes
	Exited  bool
	Status  unix.WaitStatus
}

// Next waits for the next event. io.EOF: the keeper is gone, and with it the whole tree unless it was killed. A StageError says why the keeper ends the
// tree by itself.
func (t *Tree) Next() (Event, error) {
	m, _, err := hear(t.events)
	if err != nil {
		return Event{}, err
	}
	if m.kind == C.DV_MSG_STOPPED {
		return Event{Stopped: unix.Signal(m.value), Stops: int(m.detail)}, nil
	}
	return Event{Exited: true, Status: unix.WaitStatus(m.value)}, nil
}

// Signal passes a signal that this process received on to the command, unless the keeper has seen it too: then
// it went to the whole process group, command included. A SIGCONT is for the stop that was followed last.
func (t *Tree) Signal(sig unix.Signal, followed int) error {
	return say(t.events, C.DV_MSG_SIGNAL, int32(sig), int32(followed))
}

// Stopped says whether the command is stopped now.
func (t *Tree) Stopped() bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(t.PID) + "/stat")
	if err != nil {
		return false // it has ended
	}
	_, rest, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte{' '})
	return len(rest) > 0 && (rest[0] == 'T' || rest[0] == 't')
}

// End has the keeper kill the tree.
func (t *Tree) End() error { return say(t.events, C.DV_MSG_END, 0, 0) }

// Close ends the tree if it still runs, and waits for the keeper. Once is enough, more do nothing.
func (t *Tree) Close() error {
	if t.ended {
		return nil
	}
	t.ended = true
	err := errors.Join(t.launch.Close(), t.events.Close())
	for _, f := range slices.Concat(t.Streams4, t.Streams6) {
		err = errors.Join(err, f.Close())
	}
	status, werr := wait(t.keeper)
	switch {
	case werr != nil:
		return errors.Join(err, fmt.Errorf("wait for the keeper: %w", werr))
	case !status.Exited() || status.ExitStatus() != 0:
		return errors.Join(err, killOrphans()) // the keeper could not end the tree: it is ours now (BecomeSubreaper)
	}
	return err
}

type message = C.struct_dv_message

func say(c *net.UnixConn, kind uint32, value, detail int32) error {
	m := message{kind: C.uint32_t(kind), value: C.int32_t(value), detail: C.int32_t(detail)}
	if _, err := c.Write(unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m))); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// hear reads one message and the descriptors with it; a failure that the other side reports is a StageError.
func hear(c *net.UnixConn) (message, []int, error) {
	var m message
	control := make([]byte, unix.CmsgSpace(C.DV_MAX_STREAMS*4))
	buf := unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m))
	n, cn, flags, _, err := c.ReadMsgUnix(buf, control)
	if errors.Is(err, unix.ECONNRESET) {
		// The other side ended without reading all that we said. The error is given once, before what it said itself.
		n, cn, flags, _, err = c.ReadMsgUnix(buf, control)
	}
	switch {
	case err != nil:
		return m, nil, err
	case n == 0:
		return m, nil, io.EOF
	case n != len(buf):
		return m, nil, fmt.Errorf("a control message of %d bytes", n)
	case m.kind == C.DV_MSG_FAILED:
		return m, nil, &StageError{Stage: Stage(m.value), Errno: unix.Errno(m.detail)}
	}
	fds, err := rights(control[:cn])
	if flags&unix.MSG_CTRUNC != 0 { // there is room for all: what is missing could not be opened here
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
		return m, nil, errors.Join(err, unix.EMFILE)
	}
	return m, fds, err
}

func rights(control []byte) ([]int, error) {
	if len(control) == 0 {
		return nil, nil
	}
	parts, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(parts) != 1 {
		return nil, errors.Join(errors.New("a control message without descriptors"), err)
	}
	return unix.ParseUnixRights(&parts[0])
}
