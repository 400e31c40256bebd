package main

import (
	"context"
	"errors"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/watch"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// source makes rules of flags and files, at the start and whenever a file has changed, in the same way.
type source struct {
	load     func() (*settings, error)
	once     bool // nobody follows it
	watcher  watch.Watcher
	resolver *resolve.Resolver // of the rules made last; nil: there are none yet
}

// rules makes them of what the files hold.
func (s *source) rules() (supervisor.Rules, error) {
	var read *settings
	var err error
	load := func() ([]string, error) {
		if read, err = s.load(); err != nil {
			return nil, err
		}
		return read.files, nil
	}
	if s.once {
		_, _ = load()
	} else {
		s.watcher.Load(load)
	}
	if err != nil {
		return supervisor.Rules{}, err
	}
	return s.resolved(read)
}

// resolved gives the rules their resolver, which knows what the one before has learnt.
func (s *source) resolved(read *settings) (supervisor.Rules, error) {
	follow := resolve.New
	if s.resolver != nil {
		follow = s.resolver.Successor
	}
	resolver, err := follow(read.resolver)
	if err != nil {
		return supervisor.Rules{}, err
	}
	s.resolver, read.rules.Resolver = resolver, resolver
	return read.rules, nil
}

// follow is the run's watch.
func (s *source) follow(ctx context.Context, tell func(supervisor.Reload)) {
	for {
		if late := s.watcher.Trouble(); late != nil {
			tell(supervisor.Reload{Late: late})
		}
		file, err := s.watcher.Next(ctx)
		if err != nil {
			return
		}
		rules, err := s.rules()
		tell(supervisor.Reload{File: file, Rules: rules, Err: err})
	}
}

// Close ends the watch and what the resolvers are asking.
func (s *source) Close() error {
	err := s.watcher.Close()
	if s.resolver != nil {
		err = errors.Join(err, s.resolver.Close())
	}
	return err
}
