package main

import (
	"errors"
	"fmt"
)

// errUnobserved is a usage error of run.
var errUnobserved = &hinted{errors.New("--observe without --audit: nobody would see what the policy would have denied"), "--observe --audit FILE"}

// warnObserved says, however quiet the run, that nothing is denied.
func (r *runCmd) warnObserved(e *env) error {
	if !r.Observe {
		return nil
	}
	if r.Audit == "" {
		return errUnobserved
	}
	// Nobody hears that standard error is gone.
	_, _ = fmt.Fprintln(e.stderr, "codex-dnsvisor: WARNING: --observe DENIES NO NAME: every name is asked upstream, whatever data it carries out, "+
		"and the log alone says what the policy would have denied")
	return nil
}
