package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	webpage "github.com/codex-dnsvisor/codex-dnsvisor/review/report"
)

type auditReportCmd struct {
	auditInput `embed:""`

	Output string `short:"o" required:"" placeholder:"FILE" help:"Where the page goes; - is standard output."`
}

// Run implements the subcommand.
func (a *auditReportCmd) Run(e *env) error {
	r, err := a.open(e)
	if err != nil {
		return err
	}
	page := webpage.New(webpage.Options{By: "codex-dnsvisor " + version})
	for event := range r.Events() {
		page.Add(event)
	}
	page.Skipped(r.Problems().Count())
	unread := r.finish(e)
	if err := writeOutput(e, a.Output, page.WriteTo); err != nil {
		return &statusError{exitUsage, errors.Join(err, unread)}
	}
	return unread
}

// writeOutput writes a file as a whole or not at all, or to standard output. A file that is there keeps its mode, and a link
// leads to it; a new one is its owner's alone.
func writeOutput(e *env, path string, write func(io.Writer) (int64, error)) error {
	if path == "-" {
		_, err := write(e.stdout)
		return err
	}
	mode := os.FileMode(0o600)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s: not a regular file", path)
		}
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".codex-dnsvisor-*")
	if err != nil {
		return err
	}
	_, err = write(f)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // err says more
	}
	return err
}
