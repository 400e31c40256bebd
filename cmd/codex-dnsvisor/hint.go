package main

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/doctor"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// hintFor says what to do about an error; "" where it says so itself.
func hintFor(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	if errors.Is(err, sys.ErrMasked) {
		return "nothing can be done without it: take it out of " + sys.MaskVariable
	}
	if errors.Is(err, sys.ErrNotSupported) {
		return "see: codex-dnsvisor doctor"
	}
	var stage *sys.StageError
	if !errors.As(err, &stage) && !errors.Is(err, sys.ErrNoProc) {
		return ""
	}
	if stage != nil && stage.Stage == sys.StageExec && stage.Errno == unix.ENOENT {
		return "the command was not found in PATH"
	}
	if advice := doctor.Advice(err); advice != "" {
		return advice
	}
	return "see: codex-dnsvisor doctor"
}
