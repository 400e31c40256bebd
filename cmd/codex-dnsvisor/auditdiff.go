package main

import (
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

type auditDiffCmd struct {
	auditFilter `embed:""`

	Rotated bool   `negatable:"" default:"true" help:"Read what a log was rotated to (A.1, A.2.gz, …) before it (the default)."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
	A       string `arg:"" help:"The audit log of before, or a glob of its parts."`
	B       string `arg:"" help:"That of afterwards."`
}

// Run implements the subcommand.
func (d *auditDiffCmd) Run(e *env) error {
	filter, err := d.filter(time.Now())
	if err != nil {
		return err
	}
	diff := review.NewDiff()
	for _, run := range []struct {
		name string
		take func(*review.Event)
	}{{d.A, diff.Before}, {d.B, diff.After}} {
		r, err := readAudit(e, []string{run.name}, d.Rotated, review.Options{Filter: filter})
		if err != nil {
			return err
		}
		for event := range r.Events() {
			run.take(event)
		}
		if err := r.finish(e); err != nil {
			return err // half of a log would make things new that are not, or hide some
		}
	}
	figures := diff.Figures()
	if d.JSON {
		err = writeJSON(e.stdout, figures)
	} else {
		err = figures.WriteText(e.stdout, screenOf(e.stdout).width)
	}
	if err == nil && figures.Any() {
		return &statusError{exitNo, nil}
	}
	return err
}
