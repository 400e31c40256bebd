package main

import (
	"cmp"
	"errors"
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
	Audit        string `placeholder:"FILE" help:"Append one JSON line a decision to FILE; fd:N is an open descriptor, - standard error."`
	AuditMaxSize size   `placeholder:"SIZE" help:"Rename FILE to FILE.1 before it is longer than SIZE (10M, 1G), FILE.1 to FILE.2 and so on, and go on in a new one."`
	AuditKeep    int    `placeholder:"N" help:"Keep N files beside FILE (default: 5)."`
}

// open opens the log, if there is to be one, and says which inherited descriptor it took.
func (a *auditFlags) open(e *env, start audit.Start) (opened *audit.Log, descriptor int, err error) {
	options, err := a.options(e)
	if a.Audit == "" || err != nil {
		return nil, 0, err
	}
	if opened, err = audit.Open(a.Audit, options); err != nil {
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

// defaultKeep is how many files stay beside the log.
const defaultKeep = 5

// options checks the flags.
func (a *auditFlags) options(e *env) (audit.Options, error) {
	options := audit.Options{Conversation: conversation(), Rotation: audit.Rotation{MaxSize: int64(a.AuditMaxSize), Keep: cmp.Or(a.AuditKeep, defaultKeep)}}
	options.Notice = func(err error) {
		// Nobody hears that standard error is gone.
		_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: the audit log %s grows beyond --audit-max-size: %s\n", audit.Escape(a.Audit), audit.Escape(err.Error()))
	}
	switch {
	case a.AuditKeep < 0:
		return options, fmt.Errorf("--audit-keep %d: want at least 1", a.AuditKeep)
	case a.AuditKeep > 0 && a.AuditMaxSize == 0:
		return options, errors.New("--audit-keep without --audit-max-size")
	case a.AuditMaxSize > 0 && a.Audit == "":
		return options, errors.New("--audit-max-size without --audit")
	}
	return options, nil
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
