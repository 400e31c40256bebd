package supervisor

import (
	"os"
	"os/signal"
	"syscall" //nolint:depguard // os/signal delivers syscall.Signal

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// passed are the signals that the command gets when they are sent to us. The terminal's reach it on their own; the
// keeper tells them apart.
var passed = []os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM,
	unix.SIGWINCH, unix.SIGCONT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU,
}

// catchSignals has signals wait for passSignals; until then the Go runtime would drop some and die of others.
func catchSignals() chan os.Signal {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, passed...)
	return signals
}

// passSignals passes signals on until stop is called. A signal is never our own end: that is the command's.
func passSignals(signals chan os.Signal, tree *sys.Tree) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range signals {
			_ = tree.Signal(s.(syscall.Signal)) // the keeper is gone: so is the command
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}

// survive makes errors of what would end us: a write to a terminal or pipe that has gone (SIGPIPE), a log that reaches
// the file size limit (SIGXFSZ). The command gets its own dispositions.
func survive() { signal.Ignore(unix.SIGPIPE, unix.SIGXFSZ) }

// stopSelf stops us as the command was stopped, so that the shell sees its job stop.
func stopSelf() error { return unix.Kill(os.Getpid(), unix.SIGSTOP) }
