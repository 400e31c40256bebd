package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Exit statuses of our own; a run's is its command's.
const (
	exitOK     = 0
	exitNo     = 1   // doctor: run cannot work; explain: denied; policy check --strict: warnings; forward: it failed; audit verify: damage
	exitUsage  = 2   // of every subcommand but run
	exitFailed = 125 // run itself failed, usage included
)

// runOnly is the model of a command line without another subcommand.
type runOnly struct {
	Run runCmd `cmd:"" default:"withargs" help:"Run a command (the default): codex-dnsvisor [flags] -- COMMAND [ARG…]"`
}

type cli struct {
	runOnly `embed:""`

	Doctor     doctorCmd     `cmd:"" help:"Say what this machine lacks for a run, and what to do about it."`
	Explain    explainCmd    `cmd:"" help:"Say which rule decides about a name. Sends nothing."`
	Policy     policyCmd     `cmd:"" help:"Check policy files, or show what flags and files come to. Sends nothing."`
	Forward    forwardCmd    `cmd:"" help:"Answer other sandboxes' questions by the same policy, at a unix socket."`
	Audit      auditCmd      `cmd:"" help:"Read audit logs: what was asked, allowed and denied, by whom."`
	Filter     filterCmd     `cmd:"" help:"Print the seccomp filter."`
	Completion completionCmd `cmd:"" help:"Print the completion for a shell."`
	Man        manCmd        `cmd:"" hidden:"" help:"Print the manual page."`
	Version    versionCmd    `cmd:"" help:"Print the version, and those of Go, libseccomp and the kernel, with its features."`
}

// env is what a subcommand works with.
type env struct {
	command        []string // what stood behind "--"
	dashes         bool     // there was a "--"
	stdout, stderr io.Writer
}

// exitCode is kong's way out of its parser (--help).
type exitCode int

// Run parses the command line, runs what it says and returns the exit status.
func Run(args []string, stdout, stderr io.Writer) (status int) {
	e := &env{stdout: stdout, stderr: stderr}
	// What stands behind "--" is the command's, even where it has the name of a subcommand.
	if i := slices.Index(args, "--"); i >= 0 {
		args, e.command, e.dashes = args[:i], args[i+1:], true
	}
	defer func() { _ = sys.DropEarly() }() // of what turned out to be no run; what is left of it ends with us
	defer func() {
		if code, ok := recover().(exitCode); ok {
			status = int(code)
		}
	}()
	name, do, err := command(e, args)
	if err != nil {
		status := usageStatus(err)
		if status == exitFailed {
			err = &hinted{err, "codex-dnsvisor [flags] -- COMMAND [ARG...]; see --help"}
		}
		report(stderr, err)
		return status
	}
	if err = mask(name); err == nil {
		err = do(e)
	}
	return exitStatus(stderr, err)
}

// command is the subcommand that a command line names, and what it does.
func command(e *env, args []string) (name string, do func(*env) error, err error) {
	if run, ok := plain(args); ok {
		return "run", run.Run, nil
	}
	ctx, err := parse(e, args)
	if err != nil {
		return "", nil, err
	}
	return ctx.Selected().Name, func(e *env) error { return ctx.Run(e) }, nil
}

// parse takes what is a run for one first: the model of all subcommands takes milliseconds to make, which a run would be felt to wait for.
func parse(e *env, args []string) (*kong.Context, error) {
	options := parserOptions(e)
	run := kong.Must(&runOnly{}, append(options, kong.NoDefaultHelp())...)
	if ctx, err := run.Parse(args); err == nil {
		return ctx, nil
	}
	return kong.Must(&cli{}, options...).Parse(args)
}

func parserOptions(e *env) []kong.Option {
	return []kong.Option{
		kong.Name("codex-dnsvisor"),
		kong.Description("Runs a command in a network namespace of its own, where only allowlisted names resolve and every decision is logged.\n\n" +
			"codex-dnsvisor --allow example.com -- getent hosts example.com"),
		kong.Writers(e.stdout, e.stderr),
		kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.Help(help),
		kong.Bind(e),
	}
}

// usageStatus is 125 where a command was to be run, as the caller must tell its own statuses from ours.
func usageStatus(err error) int {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil && node.Name != "run" {
			return exitUsage
		}
	}
	return exitFailed
}

// statusError is an exit status with nothing more to say than its error, which may be nil.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// usageError is a subcommand's.
func usageError(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, args...)}
}

func exitStatus(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	status := &statusError{exitFailed, err}
	errors.As(err, &status)
	if status.err != nil {
		report(stderr, status.err)
	}
	return status.status
}

// help shows the flags of run, the default, where no subcommand is named, and then the subcommands.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() != nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	run, err := kong.Trace(ctx.Kong, []string{"run"})
	if err != nil {
		return err
	}
	options.NoAppSummary = false
	if err := kong.DefaultHelpPrinter(options, run); err != nil {
		return err
	}
	const more = "\nThe command and its arguments stand behind --. Subcommands, each with --help of its own:\n"
	if _, err := io.WriteString(ctx.Stdout, more); err != nil {
		return err
	}
	for _, child := range ctx.Model.Children {
		if child.Hidden {
			continue
		}
		if _, err := fmt.Fprintf(ctx.Stdout, "  %-12s%s\n", child.Name, child.Help); err != nil {
			return err
		}
	}
	return nil
}

// report writes an error, each of several joined ones, and, where it has one, the hint. What stands in it may come
// from a file or a flag.
func report(stderr io.Writer, err error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			report(stderr, one)
		}
		return
	}
	// Nobody hears that standard error is gone.
	_, _ = fmt.Fprintf(stderr, "error: %s\n", audit.Escape(err.Error()))
	if hint := hintFor(err); hint != "" {
		_, _ = fmt.Fprintf(stderr, "hint: %s\n", audit.Escape(hint))
	}
}
