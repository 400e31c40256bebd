package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

type auditTailCmd struct {
	auditInput `embed:""`

	Follow bool `short:"f" help:"Go on with the events that are appended, also where the log is rotated or cut short; without what it was rotated to before."`
	Last   int  `short:"n" placeholder:"N" default:"-1" help:"Print the last N events alone (default: all, or 10 with --follow)."`
}

// Run implements the subcommand.
func (t *auditTailCmd) Run(e *env) error {
	follow := t.Follow && !slices.Equal(t.Files, []string{"-"}) // standard input is followed anyway
	if follow && slices.Contains(t.Files, "-") {
		return usageError("--follow takes standard input alone, or files")
	}
	if t.Last < 0 && follow {
		t.Last = 10
	}
	out := &eventLines{
		out:  bufio.NewWriter(e.stdout),
		last: t.Last, held: t.Last >= 0,
		lines: review.Readable{Colour: screenOf(e.stdout).colour, Judge: review.NewJudge()},
	}
	if follow {
		return t.follow(e, out)
	}
	r, err := t.open(e)
	if err != nil {
		return err
	}
	at := slices.Contains(t.Files, "-") // somebody may be watching
	for event := range r.Events() {
		err := out.write(event)
		if err == nil && at && !out.held {
			err = out.out.Flush()
		}
		if err != nil {
			r.bar.stop()
			return err
		}
	}
	if err := out.release(); err != nil {
		return err
	}
	return r.finish(e)
}

func (t *auditTailCmd) follow(e *env, out *eventLines) error {
	if e.dashes {
		return usageError("audit takes no command")
	}
	filter, err := t.filter(time.Now())
	if err != nil {
		return err
	}
	var names []string
	for _, name := range t.Files {
		paths, err := review.Expand(name)
		if err != nil {
			return &statusError{exitUsage, err}
		}
		names = append(names, paths...)
	}
	err = review.Follow(context.Background(), names, filter, review.Followed{
		Event: out.write,
		Idle:  out.release,
		Problem: func(p review.Problem) {
			_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: skipped %s\n", p) // nobody hears that standard error is gone
		},
	})
	if err != nil {
		return &statusError{exitUsage, err}
	}
	return nil
}

// eventLines writes events, or holds the last of them until it is told that there are no more.
type eventLines struct {
	out   *bufio.Writer
	lines review.Readable
	line  []byte

	held bool
	last int
	ring [][]byte
	next int // of the ring, once it is full
}

func (l *eventLines) write(event *review.Event) error {
	l.line = l.lines.Append(l.line[:0], event)
	switch {
	case !l.held:
		_, err := l.out.Write(l.line)
		return err
	case len(l.ring) < l.last:
		l.ring = append(l.ring, slices.Clone(l.line))
	case l.last > 0:
		l.ring[l.next] = append(l.ring[l.next][:0], l.line...)
		l.next = (l.next + 1) % l.last
	}
	return nil
}

// release writes what is held, and has what comes written at once.
func (l *eventLines) release() error {
	var errs []error
	for _, line := range slices.Concat(l.ring[l.next:], l.ring[:l.next]) {
		_, err := l.out.Write(line)
		errs = append(errs, err)
	}
	l.held, l.ring, l.next = false, nil, 0
	return errors.Join(append(errs, l.out.Flush())...)
}
