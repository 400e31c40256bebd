package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit/verify"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

// exitUnfinished is audit verify's: nothing is damaged, but a session was killed, still runs, or is cut off.
const exitUnfinished = 3

type auditVerifyCmd struct {
	Files    []string `arg:"" name:"file" help:"Logs, in any order, also globs, gzip and zstd; - is standard input. What a log was rotated to is read with it."`
	JSON     bool     `help:"Print one JSON object."`
	Seal     string   `placeholder:"KEY" help:"Sign how far each session goes by an SSH key, a file or, where that is a public key or has a passphrase, the agent's; into SEALFILE and SEALFILE.sig."`
	SealedBy string   `placeholder:"KEY" help:"Want the sessions of SEALFILE, which this SSH public key has signed, to be there as they were."`
	SealFile string   `placeholder:"SEALFILE" help:"The seal (default: the first file's name and .seal)."`
}

// Run implements the subcommand.
func (a *auditVerifyCmd) Run(e *env) error {
	if len(e.command) > 0 {
		return usageError("audit verify takes no command")
	}
	if a.SealFile == "" {
		if a.SealFile = a.Files[0] + ".seal"; a.Files[0] == "-" && a.Seal+a.SealedBy != "" {
			return usageError("a seal of standard input needs --seal-file")
		}
	}
	seal, err := a.readSeal()
	if err != nil {
		return err
	}
	report, err := a.read(e, seal)
	if err != nil {
		return &statusError{exitUsage, err}
	}
	if err := a.print(e.stdout, report); err != nil {
		return err
	}
	if a.Seal != "" {
		if err := a.writeSeal(report); err != nil {
			return &statusError{exitNo, fmt.Errorf("--seal: %w", err)}
		}
	}
	switch report.Outcome {
	case verify.Damaged:
		return &statusError{exitNo, nil}
	case verify.Unfinished:
		return &statusError{exitUnfinished, nil}
	case verify.Whole:
	}
	return nil
}

func (a *auditVerifyCmd) read(e *env, seal *verify.Seal) (*verify.Report, error) {
	sources, err := review.Sources(a.Files, true)
	if err != nil {
		return nil, err
	}
	v := verify.New(seal)
	var done atomic.Int64
	total := review.Size(sources)
	bar := startProgress(e.stderr, func() (int64, int64) { return done.Load(), total })
	defer bar.stop()
	for _, source := range sources {
		file, err := source.Open(func(n int) { done.Add(int64(n)) })
		if err != nil {
			return nil, err
		}
		v.Read(source.Name, file)
		_ = file.Close() // it was only read
	}
	return v.Report(), nil
}

func (a *auditVerifyCmd) print(out io.Writer, r *verify.Report) error {
	if a.JSON {
		return json.NewEncoder(out).Encode(r)
	}
	var text bytes.Buffer
	for _, f := range r.Findings {
		fmt.Fprintln(&text, f)
	}
	lacking := 0
	for i := range r.Sessions {
		if s := &r.Sessions[i]; !s.Whole() {
			if lacking++; lacking <= verify.MaxFindings {
				fmt.Fprintln(&text, s)
			}
		}
	}
	if more := r.Found() - len(r.Findings) + max(0, lacking-verify.MaxFindings); more > 0 {
		fmt.Fprintf(&text, "… and %d more\n", more)
	}
	fmt.Fprintf(&text, "%s: %s of %s\n", r.Outcome, countOf(r.Events, "event"), countOf(len(r.Sessions), "session"))
	_, err := out.Write(text.Bytes())
	return err
}

func countOf(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
