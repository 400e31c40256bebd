package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// auditFilter says which events of audit logs are wanted.
type auditFilter struct {
	Since    string   `placeholder:"TIME" help:"Events from this time on: 2026-01-02T15:04:05Z, 2026-01-02, or how long ago: 90m, 2h, 7d."`
	Until    string   `placeholder:"TIME" help:"Events before this time."`
	Session  []string `placeholder:"ID" sep:"none" help:"Events of a session or conversation, by how its id begins. Repeatable."`
	Process  []string `placeholder:"WHO" sep:"none" help:"Events of a process: its pid, its executable's path, or its program's name (with * and ?). Repeatable."`
	Name     []string `placeholder:"PATTERN" sep:"none" help:"Events about a name, as a policy's patterns are: example.com, *.example.com, **.example.com; or about an address. Repeatable."`
	Decision string   `placeholder:"WHAT" words:"allow,deny,ask,observed" help:"Events with this decision: allow, deny, ask (of Codex), or observed (what would have been denied)."`
}

// filter reads the flags. Every bad one is reported.
func (f *auditFilter) filter(now time.Time) (*review.Filter, error) {
	var filter review.Filter
	var errs []error
	for _, bound := range []struct {
		flag, text string
		to         *time.Time
	}{{"--since", f.Since, &filter.Since}, {"--until", f.Until, &filter.Until}} {
		if bound.text == "" {
			continue
		}
		at, err := review.ParseTime(bound.text, now)
		if err != nil {
			errs = append(errs, &flagError{bound.flag, err})
		}
		*bound.to = at
	}
	filter.Sessions = f.Session
	for _, text := range f.Process {
		p, err := review.ParseProcess(text)
		if err != nil {
			errs = append(errs, &flagError{"--process", err})
		}
		filter.Processes = append(filter.Processes, p)
	}
	if f.Name != nil {
		var err error
		if filter.Names, err = review.ParseNames(f.Name); err != nil {
			errs = append(errs, &flagError{"--name", err})
		}
	}
	switch f.Decision {
	case "", string(audit.Allow), string(audit.Deny), string(review.Ask):
		filter.Decision = audit.Decision(f.Decision)
	case "observed":
		filter.Observed = true
	default:
		errs = append(errs, &flagError{"--decision", fmt.Errorf("%q: want allow, deny, ask or observed", f.Decision)})
	}
	if errs != nil {
		return nil, &statusError{exitUsage, errors.Join(errs...)}
	}
	return &filter, nil
}

// auditInput says which audit logs are read, and which events of them are wanted.
type auditInput struct {
	auditFilter `embed:""`

	Rotated bool     `negatable:"" default:"true" help:"Read what a FILE was rotated to (FILE.1, FILE.2.gz, …) before it (the default)."`
	Files   []string `arg:"" name:"file" help:"An audit log, a glob, or - for standard input; compressed by gzip or zstd, too."`
}

// open makes a reader of the events that are wanted.
func (in *auditInput) open(e *env) (*auditReading, error) {
	filter, err := in.filter(time.Now())
	if err != nil {
		return nil, err
	}
	return readAudit(e, in.Files, in.Rotated, review.Options{Filter: filter})
}

// auditReading is a reader whose progress shows on a terminal.
type auditReading struct {
	*review.Reader

	missing error // names that no file was found for
	bar     *progress
}

// readAudit makes a reader of files. Nothing to read at all is an error at once, the rest one of finish.
func readAudit(e *env, files []string, rotated bool, opts review.Options) (*auditReading, error) {
	if e.dashes {
		return nil, usageError("audit takes no command")
	}
	sources, err := review.Sources(files, rotated)
	if len(sources) == 0 {
		return nil, &statusError{exitUsage, err}
	}
	collectSeldom()
	r := review.Open(sources, opts)
	return &auditReading{r, err, startProgress(e.stderr, r.Progress)}, nil
}

// collectSeldom has the garbage collector wait for longer than a long-running process would want: blocks of lines are
// short-lived, and what is kept of them is little. Where it is not, the limit has it work as usual.
func collectSeldom() {
	const percent, limit = 400, 128 << 20
	debug.SetGCPercent(percent)
	debug.SetMemoryLimit(limit)
}

// finish ends the progress bar, says on standard error which lines nothing was read from, and gives why files were not read.
func (r *auditReading) finish(e *env) error {
	r.bar.stop()
	p := r.Problems()
	// Nobody hears that standard error is gone.
	for _, one := range p.First {
		_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: skipped %s\n", one)
	}
	if more := p.Count() - len(p.First); more > 0 {
		_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: skipped %d more lines (of all %d: %d damaged, %d of something else, %d too long)\n",
			more, p.Count(), p.Damaged, p.Foreign, p.Long)
	}
	if err := errors.Join(r.missing, r.Err()); err != nil {
		return &statusError{exitUsage, err}
	}
	return nil
}
