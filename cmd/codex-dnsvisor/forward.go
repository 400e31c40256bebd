package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

type forwardCmd struct {
	policyFlags `embed:""`
	auditFlags  `embed:""`

	Listen  string   `required:"" placeholder:"unix:///PATH" help:"Answer at a socket: messages framed as by TCP. Its directory must be there."`
	Peer    []uint32 `placeholder:"UID" help:"Let another user ask too, beside your own and root. Repeatable."`
	Reload  bool     `negatable:"" default:"true" help:"Follow changes of policy files (the default)."`
	Quiet   bool     `short:"q" help:"Say nothing on standard error about denied names and failures."`
	Verbose bool     `short:"v" help:"Say every decision on standard error."`
}

// Run implements the subcommand.
func (f *forwardCmd) Run(e *env) error {
	if e.dashes {
		return usageError("forward takes no command")
	}
	path, ok := strings.CutPrefix(f.Listen, "unix://")
	if !ok || !filepath.IsAbs(path) {
		return &statusError{exitUsage, &hinted{fmt.Errorf("--listen %q", f.Listen), "unix:// and an absolute path: unix:///run/user/1000/codex-dnsvisor/dns.sock"}}
	}
	f.makeRoom()
	source := &source{load: f.settings, once: !f.Reload}
	rules, err := source.rules()
	if err != nil {
		return &statusError{exitUsage, err}
	}
	log, _, err := f.open(e, audit.Start{PolicyDigest: rules.Digest, Listen: path})
	if err != nil {
		return &statusError{exitUsage, errors.Join(err, source.Close())}
	}
	return f.serve(e, path, source, supervisor.Config{Rules: rules, Log: log, Stderr: e.stderr, Quiet: f.Quiet, Verbose: f.Verbose})
}

func (f *forwardCmd) serve(e *env, path string, source *source, config supervisor.Config) error {
	if f.Reload {
		config.Watch = source.follow
	}
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	at := supervisor.Door{Path: path, Peers: f.Peer}
	err := supervisor.Forward(ctx, config, at, func() error {
		if err := supervisor.ConfineService(at, f.files(), config.Log); err != nil {
			return err
		}
		if !f.Quiet {
			// Nobody hears that standard error is gone.
			_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: answering at unix://%s\n", audit.Escape(path))
		}
		return nil
	})
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = &hinted{err, "make the directory of the socket first"}
	case errors.Is(err, unix.EWOULDBLOCK):
		err = &hinted{err, "another forwarder starts there, or somebody else has locked the directory: give the socket a directory of its own, of mode 0700"}
	}
	err = errors.Join(err, source.Close())
	if err = errors.Join(err, config.Log.End(ending(0, err))); err != nil {
		return &statusError{exitNo, err}
	}
	return nil
}

// settings are those of the flags and files.
func (f *forwardCmd) settings() (*settings, error) {
	s, err := f.load()
	if err == nil {
		s.rules.Digest = f.digestOf(s)
	}
	return s, err
}

// endings are the signals that end the service: not those that its caller had it ignore, as nohup does.
func endings() []os.Signal {
	return slices.DeleteFunc([]os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP}, signal.Ignored)
}
