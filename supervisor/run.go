package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/carry"
	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// Rules are what a question is judged and answered by.
type Rules struct {
	Policy   *policy.Set
	DenyWith policy.DenyWith
	Resolver *resolve.Resolver
	PTR      policy.PTRMode
	MinLease time.Duration // of what an answer leads to, with MaxLease; both 0 are the defaults
	MaxLease time.Duration
	Budget   policy.Limits
	Digest   string // of what they were made of, for the log; "": nobody wants it
	Observe  bool   // allow every name; the log marks what would have been denied
}

// Config is what a run needs. The caller closes the resolver and Log once Run has returned.
type Config struct {
	Args       []string // the command and its arguments
	Rules      Rules
	Watch      Watch      // nil: the rules never change
	Log        *audit.Log // nil: no log
	KeepFD     int        // an inherited descriptor that stays ours; 0: none
	Unix       filter.Unix
	Host       bool      // the command stays in the host's network; only what it makes beside is served
	ReplaceDNS bool      // answer in sandboxes in place of DNS services of their own
	Namespaces int       // how many of the tree's network namespaces are served at once, beside its own
	Linger     bool      // wait for what the command leaves running
	Stderr     io.Writer // warnings, denials, failures
	AllowIn    string    // the table of a file where a name is to be allowed; "" is by --allow
	Quiet      bool      // say nothing of denials and failures
	Verbose    bool      // say every decision
	Forwards   []carry.Forward
	Home       string // the user's home directory, for the doors in it; "" if unknown
}

// ExitError is a command that could not be executed: Status is 127 where it was not found, else 126.
type ExitError struct {
	Status int
	Err    error
}

func (e *ExitError) Error() string { return e.Err.Error() }

// Unwrap gives the kernel's reason.
func (e *ExitError) Unwrap() error { return e.Err }

// Run runs the command to the end of its tree, and returns how it ended. An error says that the command was not run
// (ExitError) or that the run failed; nothing is left running either way.
func Run(ctx context.Context, c Config) (Ending, error) {
	survive()
	// A thread that waits in the kernel for a call or a datagram keeps its P: there must be others to work with.
	runtime.GOMAXPROCS(runtime.NumCPU() + spare + 1)
	if !c.Host {
		if err := screen(c.Stderr); err != nil {
			return Ending{}, err
		}
	}
	if err := sys.BecomeSubreaper(); err != nil {
		return Ending{}, err
	}
	signals := catchSignals()
	tree, w, err := c.start()
	if err != nil {
		return Ending{}, err
	}
	stop := signals.pass(tree)
	status, err := c.supervise(ctx, tree, w, signals.stopped)
	err = errors.Join(err, tree.Close())
	stop()
	return Ending{Status: status, Shared: status.Signaled() && signals.seen[status.Signal()]}, err
}

// start starts the command, up to its wall: nil where the network is the host's.
func (c *Config) start() (*sys.Tree, *wall, error) {
	if c.Host {
		tree, err := sys.LaunchHere(c.Args, c.launch)
		return tree, nil, err
	}
	tree, sockets, err := sys.Launch(c.Args, c.launch)
	if err != nil {
		return nil, nil, err
	}
	w, err := build(sockets)
	if err != nil {
		return nil, nil, errors.Join(err, tree.Close())
	}
	return tree, w, nil
}

func (c *Config) launch() (sys.Config, error) {
	program, err := filter.Options{Arch: filter.Native(), Unix: c.Unix, Host: c.Host}.Program()
	if err != nil {
		return sys.Config{}, fmt.Errorf("build the filter: %w", err)
	}
	launch := sys.Config{Filter: program, SeccompFlags: sys.FilterFlags(), Linger: c.Linger, UnixInside: c.Unix == filter.UnixInside}
	if c.Host {
		return launch, nil
	}
	launch.Streams4, launch.Streams6 = streams(c.Forwards)
	return launch, MapIDs(&launch)
}

// supervise owns the wall; it returns when the tree has ended, or on an error before the command's exec.
func (c *Config) supervise(ctx context.Context, tree *sys.Tree, w *wall, stopped chan<- sys.Event) (unix.WaitStatus, error) {
	d, known := newDesk(c), newClients()
	carrier, err := newCarrier(c, tree, d, known)
	if err != nil {
		return 0, errors.Join(err, w.Close())
	}
	listener, err := tree.Load()
	if err != nil {
		status, err := early(tree, stopped, err)
		return status, errors.Join(err, carrier.Close(), w.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	services, sctx := errgroup.WithContext(ctx)
	h := c.handler(sctx, d, known)
	if h.spaces, err = c.namespaces(sctx, tree, w, h); err != nil {
		cancel()
		return 0, errors.Join(err, carrier.Close(), w.Close(), listener.Close())
	}
	h.spaces.links.Fill()
	c.serve(sctx, services, w, h, &emulate.Emulator{
		Listener: listener, Handler: h, Local: local, Source: source, Beside: c.Host, Forwarded: carrier.Listens, Home: h.spaces.homeOf,
	})
	services.Go(carrier.serve)
	if c.Watch != nil {
		services.Go(func() error {
			c.Watch(sctx, d.reload)
			return nil
		})
	}
	// A service that fails takes the tree with it: no call may be left without an answer.
	stop := context.AfterFunc(sctx, func() { _ = tree.End() })

	status, err := c.follow(tree, stopped)

	stop()
	// Whoever still works on a call or a question of the tree gives up when its process and the context have ended.
	err = errors.Join(err, tree.Close())
	carrier.ShutDown()
	cancel()
	err = errors.Join(err, listener.Wake(), w.shutDown())
	var served error
	free := within(lastCalls, func() { served = services.Wait() })
	free = within(lastCalls, h.spaces.close) && free
	free = within(lastCalls, h.waiting.wait) && free
	d.notices.close()
	if !free {
		return status, err // our own end closes the rest
	}
	return status, errors.Join(err, served, carrier.Close(), w.Close(), listener.Close())
}

// lastCalls is how long the end waits for what is still in work. Pages of the tree's may be of a file system whose server does not answer,
// and outlives the tree: the kernel waits for it, and so does who reads them.
const lastCalls = time.Second

// within says whether f has come to its end in time.
func within(bound time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(bound):
		return false
	}
}

func (c *Config) handler(ctx context.Context, d *desk, known *clients) *handler {
	h := &handler{ctx: ctx, desk: d, clients: known, waiting: newQuestions()}
	if c.Unix == filter.UnixGuard {
		h.guard = &guard{home: c.Home, upstreams: func() []string { return d.rules.Load().Resolver.Sockets() }}
	}
	return h
}

// serve starts what answers the tree.
func (c *Config) serve(ctx context.Context, services *errgroup.Group, w *wall, h *handler, e *emulate.Emulator) {
	if w != nil {
		s := &stub{wall: w, desk: h.desk, clients: h.clients, waiting: h.waiting, connections: newConnections()}
		services.Go(func() error { return s.serveUDP(ctx) })
		services.Go(func() error { return s.serveTCP(ctx) })
	}
	services.Go(func() error {
		return (&receivers{listener: e.Listener, emulator: e, threads: newThreads(), calls: newCalls()}).serve(ctx)
	})
}

// follow lets the command exec and passes on what happens to it, until the tree has ended.
func (c *Config) follow(tree *sys.Tree, stopped chan<- sys.Event) (unix.WaitStatus, error) {
	if err := c.confine(); err != nil {
		return 0, err
	}
	if err := tree.Exec(); err != nil {
		var failed *sys.StageError
		if errors.As(err, &failed) && failed.Stage == sys.StageExec {
			status := 126
			if failed.Errno == unix.ENOENT {
				status = 127
			}
			return 0, &ExitError{Status: status, Err: fmt.Errorf("%s: %w", audit.Escape(c.Args[0]), failed.Errno)}
		}
		return 0, err
	}
	if err := release(c.KeepFD); err != nil {
		return 0, err
	}
	return await(tree, stopped)
}

// early is how a command ended of which a signal made an end before its exec. Whatever else went wrong with the launch is an error.
func early(tree *sys.Tree, stopped chan<- sys.Event, err error) (unix.WaitStatus, error) {
	if errors.Is(err, sys.ErrEnded) {
		if status, aerr := await(tree, stopped); aerr == nil && status.Signaled() {
			return status, nil
		}
	}
	return 0, err
}

var errKeeperGone = errors.New("the keeper of the tree was killed")

func await(tree *sys.Tree, stopped chan<- sys.Event) (unix.WaitStatus, error) {
	var status unix.WaitStatus
	exited := false
	for {
		event, err := tree.Next()
		switch {
		case errors.Is(err, io.EOF) && exited:
			return status, nil
		case errors.Is(err, io.EOF):
			return 0, errKeeperGone
		case err != nil:
			return 0, err
		case event.Exited:
			exited, status = true, event.Status
		default:
			stopped <- event
		}
	}
}
