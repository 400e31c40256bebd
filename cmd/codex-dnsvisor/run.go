package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

type runCmd struct {
	policyFlags `embed:""`
	auditFlags  `embed:""`

	Unix          string   `enum:"guard,none,inside" default:"guard" help:"AF_UNIX sockets: guard refuses those that lead to a resolver outside, none refuses to make any, inside leaves those in reach that were made inside (Linux 7.1)."`
	Forward       []string `placeholder:"[HOST:]PORT[:TARGET]" words:"auto,none" sep:"none" help:"Carry connections to a loopback port inside to one outside: 8080, 8080:3128, 5432:unix:/path. Repeatable. auto (the default) adds the loopback proxies of HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, none leaves them out."`
	Net           string   `enum:"isolated,host" default:"isolated" help:"isolated: the command gets an empty network; host: it stays in the host's, and only the network namespaces that it makes get names."`
	MaxNamespaces int      `default:"256" placeholder:"N" help:"Answer in at most N network namespaces that the command makes, at once."`
	ExistingDNS   string   `name:"existing-dns" enum:"keep,replace" default:"keep" help:"DNS services that such a namespace has of its own, there or behind an interface: keep leaves questions to them alone, replace answers them."`
	Observe       bool     `help:"Allow every name, and mark in the log what the policy would have denied. Needs --audit."`
	Reload        bool     `negatable:"" default:"true" help:"Follow changes of policy files while the command runs (the default). A file that the command can write is its own to change: --no-reload."`
	Linger        bool     `help:"When the command has ended, wait for what it left running instead of ending it."`
	Quiet         bool     `short:"q" help:"Say nothing on standard error about denied names and failures."`
	Verbose       bool     `short:"v" help:"Say every decision on standard error."`
}

// Run implements the subcommand.
func (r *runCmd) Run(e *env) error {
	end, err := r.run(e)
	var exec *supervisor.ExitError
	switch {
	case errors.As(err, &exec):
		return &statusError{exec.Status, err}
	case err != nil:
		return &statusError{exitFailed, err}
	case end.Shared:
		supervisor.EndBy(end.Status.Signal())
		fallthrough // it could not end us
	case end.Status.Signaled():
		return &statusError{128 + int(end.Status.Signal()), nil}
	case end.Status.ExitStatus() != 0:
		return &statusError{end.Status.ExitStatus(), nil}
	}
	return nil
}

func (r *runCmd) run(e *env) (supervisor.Ending, error) {
	if len(e.command) == 0 {
		return supervisor.Ending{}, errNoCommand
	}
	if err := r.warnObserved(e); err != nil {
		return supervisor.Ending{}, err
	}
	r.command = e.command
	r.makeRoom()
	source := &source{load: r.settings, once: !r.Reload}
	rules, err := source.rules()
	if err != nil {
		return supervisor.Ending{}, err
	}
	r.warn(e)
	config := supervisor.Config{
		Args: e.command, Rules: rules, Linger: r.Linger, Host: r.Net == "host", Namespaces: r.MaxNamespaces, ReplaceDNS: r.ExistingDNS == "replace",
		Stderr: e.stderr, Quiet: r.Quiet, Verbose: r.Verbose, Home: os.Getenv("HOME"), AllowIn: r.allowIn,
	}
	if r.Reload {
		config.Watch = source.follow
	}
	if config.Unix, err = unixSockets(r.Unix); err != nil {
		return supervisor.Ending{}, errors.Join(err, source.Close())
	}
	if config.Forwards, err = forwards(r.Forward, config.Host); err != nil {
		return supervisor.Ending{}, errors.Join(err, source.Close())
	}
	r.warnBypassed(e, &config)
	start := audit.Start{PolicyDigest: rules.Digest, Observe: r.Observe, Command: e.command}
	if config.Log, config.KeepFD, err = r.open(e, start); err != nil {
		return supervisor.Ending{}, errors.Join(err, source.Close())
	}
	end, err := supervisor.Run(context.Background(), config)
	err = errors.Join(err, source.Close())
	return end, errors.Join(err, config.Log.End(ending(end.Status, err)))
}

// ending is what the log says of a run's end.
func ending(status unix.WaitStatus, err error) audit.Ending {
	var exec *supervisor.ExitError
	switch {
	case errors.As(err, &exec):
		return audit.Ending{Exited: true, Code: exec.Status, Error: err.Error()}
	case err != nil:
		return audit.Ending{Error: err.Error()}
	case status.Signaled():
		return audit.Ending{Signal: unix.SignalName(status.Signal())}
	}
	return audit.Ending{Exited: true, Code: status.ExitStatus()}
}

// unixSockets reads --unix.
func unixSockets(word string) (filter.Unix, error) {
	switch word {
	case "none":
		return filter.UnixNone, nil
	case "inside":
		if err := sys.CanStayInside(); err != nil {
			return 0, &hinted{fmt.Errorf("--unix=inside: %w", err), "--unix=none refuses all such sockets; else use Linux 7.1 or newer, with landlock among its security modules (lsm=)"}
		}
		return filter.UnixInside, nil
	}
	return filter.UnixGuard, nil
}

// warn says what a policy file that is read as somebody else's does not do here, or there.
func (r *runCmd) warn(e *env) {
	for _, w := range r.warnings {
		if !r.Quiet {
			_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: warning: %s\n", audit.Escape(w.String())) // nobody hears that it is gone
		}
	}
}

// settings are those of the flags and files, and of run alone.
func (r *runCmd) settings() (*settings, error) {
	s, err := r.load()
	if err == nil {
		s.rules.Observe = r.Observe
		s.resolver.HoldSystem = true
		s.rules.Digest = r.digestOf(s)
	}
	return s, err
}

// errNoCommand is a usage error of run.
var errNoCommand = &hinted{errors.New("no command"), "codex-dnsvisor [flags] -- COMMAND [ARG...]"}

// hinted is an error that says what to do.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// Hint says what to do.
func (h *hinted) Hint() string { return h.hint }
