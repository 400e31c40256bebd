package main

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

type auditSummaryCmd struct {
	auditInput `embed:""`

	Policy string `placeholder:"FILE" help:"Say which rules of this policy file nothing used; any of the formats that policy check knows."`
	Top    int    `placeholder:"N" default:"20" help:"Show at most N rows of each table, 0 for all (default: 20; has no effect on --json)."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Run implements the subcommand.
func (s *auditSummaryCmd) Run(e *env) error {
	var rules []policy.Rule
	if s.Policy != "" {
		var err error
		if rules, err = rulesOf(s.Policy); err != nil {
			return &statusError{exitUsage, err}
		}
	}
	r, err := s.open(e)
	if err != nil {
		return err
	}
	summary := review.NewSummary()
	for event := range r.Events() {
		summary.Add(event)
	}
	figures := summary.Figures()
	figures.Add(r.Reader)
	if s.Policy != "" {
		figures.UnusedRules = figures.Unused(rules)
	}
	r.bar.stop()
	if s.JSON {
		err = writeJSON(e.stdout, figures)
	} else {
		err = figures.WriteText(e.stdout, s.Top, screenOf(e.stdout).width)
	}
	if err != nil {
		return err
	}
	return r.finish(e)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// rulesOf reads the rules of a policy file, of whatever format it is, in their order; each once.
func rulesOf(path string) ([]policy.Rule, error) {
	data, err := policy.Read(path)
	if err != nil {
		return nil, err
	}
	if rules, ok, err := policy.CodexRequirements(path, data); ok {
		return rules, err
	}
	var rules []policy.Rule
	seen := map[policy.Rule]bool{}
	for _, flags := range flagsFor(path, data) {
		_, lists, err := flags.merged()
		if err != nil {
			return nil, err
		}
		for _, rule := range slices.Concat(lists...) {
			if !seen[rule] {
				seen[rule] = true
				rules = append(rules, rule)
			}
		}
	}
	return rules, nil
}
