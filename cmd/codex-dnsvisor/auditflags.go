package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// auditFlags say where the log goes.
type auditFlags struct {
	Audit string `placeholder:"FILE" help:"Append one JSON line a decision to FILE; fd:N is an open descriptor, - standard error."`
}

// open opens the log, if there is to be one, and says which inherited descriptor it took.
func (a *auditFlags) open(start audit.Start) (opened *audit.Log, descriptor int, err error) {
	if a.Audit == "" {
		return nil, 0, nil
	}
	if opened, err = audit.Open(a.Audit, audit.Options{Conversation: conversation()}); err != nil {
		return nil, 0, fmt.Errorf("--audit: %w", err)
	}
	signal.Ignore(unix.SIGXFSZ) // a log that may not grow is an error
	start.Version = version
	if err := opened.Start(start); err != nil {
		_ = opened.Close() // err says why already
		return nil, 0, fmt.Errorf("--audit: %w", err)
	}
	if digits, ok := strings.CutPrefix(a.Audit, "fd:"); ok {
		descriptor, _ = strconv.Atoi(digits) // Open has read it
	}
	return opened, descriptor, nil
}

// digestOf is the policy's, where a log wants it: that of a long policy takes its time.
func (a *auditFlags) digestOf(s *settings) string {
	if a.Audit == "" {
		return ""
	}
	return s.digest()
}

// conversation is the agent's own name for what the command belongs to: Codex exports its thread to the commands it
// runs, Claude Code its session.
func conversation() string {
	for _, name := range []string{"CODEX_THREAD_ID", "CLAUDE_CODE_SESSION_ID"} {
		if id := os.Getenv(name); id != "" {
			return id
		}
	}
	return ""
}
