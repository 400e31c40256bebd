package main

import (
	"errors"

	"golang.org/x/sys/unix"

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
	if !errors.As(err, &stage) {
		return ""
	}
	switch {
	case stage.Stage == sys.StageExec && stage.Errno == unix.ENOENT:
		return "the command was not found in PATH"
	case stage.Stage == sys.StageSeccomp && stage.Errno == unix.EBUSY:
		return "another seccomp supervisor is already listening to this process: run codex-dnsvisor outside of it"
	case stage.Stage == sys.StageUserNamespace, stage.Stage == sys.StageNetNamespace, stage.Stage == sys.StageMap:
		return "unprivileged user namespaces seem to be restricted; see: codex-dnsvisor doctor"
	}
	return "see: codex-dnsvisor doctor"
}
