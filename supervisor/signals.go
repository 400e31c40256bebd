package supervisor

import (
	"os"
	"os/signal"
	"slices"
	"syscall" //nolint:depguard // os/signal delivers syscall.Signal

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// passed are the signals that the command gets when they are sent to us. The terminal's reach it on their own; the
// keeper tells them apart.
var passed = append([]os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM,
	unix.SIGWINCH, unix.SIGCONT,
}, stopping...)

var stopping = []os.Signal{unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU}

// signals is how signals come to the command, and its stops to us.
type signals struct {
	caught   chan os.Signal
	stopped  chan sys.Event
	followed int // the stop of the command that we followed last
	seen     map[os.Signal]bool
	ready    chan struct{} // closed when all are caught
}

// catchSignals has signals wait for pass; until then the Go runtime would drop some and die of others. It returns before all are
// caught, which takes the runtime two changes of threads each.
func catchSignals() *signals {
	s := &signals{caught: make(chan os.Signal, 64), stopped: make(chan sys.Event), seen: map[os.Signal]bool{}, ready: make(chan struct{})}
	go func() {
		defer close(s.ready)
		signal.Notify(s.caught, passed...)
	}()
	return s
}

// pass passes signals on until stop is called. A signal is never our own end: that is the command's.
func (s *signals) pass(tree *sys.Tree) (stop func()) {
	<-s.ready
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case caught := <-s.caught:
				s.send(tree, caught)
			case event := <-s.stopped:
				s.stop(tree, event)
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
		settle()
		for len(s.caught) > 0 {
			s.seen[<-s.caught] = true
		}
		go signal.Stop(s.caught) // nobody waits for that
	}
}

// settle returns once what has come to us is in the channels of those who want it: signal.Stop waits for that, and has nothing
// else to do for a signal that others want.
func settle() {
	none := make(chan os.Signal, 1)
	signal.Notify(none, unix.SIGWINCH)
	signal.Stop(none)
}

func (s *signals) send(tree *sys.Tree, caught os.Signal) {
	s.seen[caught] = true
	_ = tree.Signal(caught.(syscall.Signal), s.followed) // the keeper is gone: so is the command
}

// stop stops us as the command was stopped, so that the shell sees its job stop. What stopped the whole group has come
// or is coming to us too: it must neither stop us again nor reach the command when both go on.
func (s *signals) stop(tree *sys.Tree, event sys.Event) {
	signal.Ignore(stopping...)
	for waiting := len(s.caught); waiting > 0; waiting-- {
		if caught := <-s.caught; !slices.Contains(stopping, caught) {
			s.send(tree, caught)
		}
	}
	s.followed = event.Stops
	if tree.Stopped() { // it may have been continued, with us, before we heard of it
		sys.Take(event.Stopped)
	}
	signal.Notify(s.caught, stopping...)
}

// survive makes errors of what would end us: a write to a terminal or pipe that has gone (SIGPIPE), a log that reaches
// the file size limit (SIGXFSZ). The command gets its own dispositions.
func survive() { signal.Ignore(unix.SIGPIPE, unix.SIGXFSZ) }

// Ending is how the command ended.
type Ending struct {
	Status unix.WaitStatus
	Shared bool // by a signal that was sent to us too, as a terminal's Ctrl-C is
}

// EndBy ends this process by a signal that the command and we were sent, so that a shell sees what it sees without us: it ends its
// loop at Ctrl-C, and says "Terminated". It returns where the signal cannot end us.
func EndBy(sig unix.Signal) {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) // the command's own core is enough
	sys.Take(sig)
}
