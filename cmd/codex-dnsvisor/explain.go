package main

import (
	"fmt"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

type explainCmd struct {
	policyFlags `embed:""`

	Name string `arg:"" help:"The name that a program asks for."`
	Type string `arg:"" optional:"" default:"A" help:"The type of the question."`
}

// Run implements the subcommand.
func (x *explainCmd) Run(e *env) error {
	if len(e.command) > 0 {
		return usageError("explain takes no command")
	}
	name, err := policy.Normalise(x.Name)
	if err != nil {
		return usageError("%w", err)
	}
	kind, err := resolve.ParseType(x.Type)
	if err != nil {
		return usageError("%w", err)
	}
	settings, err := x.load()
	if err != nil {
		return &statusError{exitUsage, err}
	}
	decision := settings.rules.Policy.Decide(name)
	if decision.Rule == nil && resolve.IsLocalhost(name) {
		return x.say(e, "%s %s: allowed, localhost answers everywhere (RFC 6761)", name, resolve.TypeString(kind))
	}
	if decision.Effect != policy.Allow {
		if err := x.say(e, "%s %s: denied, %s", name, resolve.TypeString(kind), because(decision)); err != nil {
			return err
		}
		return &statusError{exitNo, nil}
	}
	answered := "an upstream"
	if settings.resolver.Records.Has(name, kind) {
		answered = "a static record"
	} else if !settings.resolver.Asks(kind) {
		answered = "no data: the type is not asked for"
	}
	return x.say(e, "%s %s: allowed by %s (%s), answered by %s", name, resolve.TypeString(kind), decision.Rule.Pattern, decision.Rule.Origin, answered)
}

func because(d policy.Decision) string {
	if d.Rule == nil {
		return "no rule allows it"
	}
	return fmt.Sprintf("by %s (%s)", d.Rule.Pattern, d.Rule.Origin)
}

func (x *explainCmd) say(e *env, format string, args ...any) error {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = audit.Escape(text)
		}
	}
	_, err := fmt.Fprintln(e.stdout, strings.TrimSpace(fmt.Sprintf(format, args...)))
	return err
}
