package main

import (
	"context"

	"github.com/codex-dnsvisor/codex-dnsvisor/doctor"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

type doctorCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Help is what stands below the flags.
func (*doctorCmd) Help() string {
	return "The environment variable " + sys.MaskVariable + " names features of the kernel, with commas between them, that every subcommand is to do without."
}

// Run implements the subcommand.
func (d *doctorCmd) Run(e *env) error {
	if e.dashes {
		return usageError("doctor takes no command")
	}
	findings := doctor.Examine(context.Background())
	write := doctor.WriteText
	if d.JSON {
		write = doctor.WriteJSON
	}
	if err := write(e.stdout, findings); err != nil {
		return err
	}
	if !doctor.Works(findings) {
		return &statusError{exitNo, nil}
	}
	return nil
}
