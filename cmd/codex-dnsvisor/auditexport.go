package main

import (
	"errors"
	"os"

	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

type auditExportCmd struct {
	auditInput `embed:""`

	OTLP   bool   `name:"otlp" xor:"format" required:"" help:"Write log records of OpenTelemetry (OTLP/JSON), a request with up to 500 of them a line."`
	CSV    bool   `name:"csv" xor:"format" required:"" help:"Write comma-separated values, with a line of titles; no cell is a formula."`
	Output string `short:"o" placeholder:"FILE" help:"Write to FILE, which is replaced, instead of standard output."`
}

// Run implements the subcommand.
func (x *auditExportCmd) Run(e *env) (err error) {
	r, err := x.open(e)
	if err != nil {
		return err
	}
	defer r.bar.stop()
	out := e.stdout
	if x.Output != "" {
		file, err := os.OpenFile(x.Output, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return &statusError{exitUsage, err}
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	to := review.NewOTLP
	if x.CSV {
		to = review.NewCSV
	}
	exporter := to(out)
	for event := range r.Events() {
		if err := exporter.Write(event); err != nil {
			return err
		}
	}
	if err := exporter.Close(); err != nil {
		return err
	}
	return r.finish(e)
}
