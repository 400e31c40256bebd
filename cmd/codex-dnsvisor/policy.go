package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

type policyCmd struct {
	Check policyCheckCmd `cmd:"" help:"Say what is wrong with policy files. Exits with 2 for errors; with 0 for warnings, or 1 with --strict."`
	Show  policyShowCmd  `cmd:"" help:"Print what flags and files come to as a policy file, each rule with the place it came from."`
}

type policyCheckCmd struct {
	Files  []string `arg:"" name:"file" help:"A policy file; each is checked by itself."`
	Strict bool     `help:"Exit with 1 if there are warnings."`
}

// Run implements the subcommand.
func (c *policyCheckCmd) Run(e *env) error {
	if len(e.command) > 0 {
		return usageError("policy check takes no command")
	}
	var errs []error
	found := false
	for _, path := range c.Files {
		warnings, err := checkFile(path)
		if err != nil {
			errs = append(errs, err)
		}
		for _, w := range warnings {
			found = true
			if _, err := fmt.Fprintln(e.stdout, audit.Escape(fmt.Sprintf("%s: warning: %s", w.Origin, w.Msg))); err != nil {
				return err
			}
		}
	}
	switch {
	case len(errs) > 0:
		return &statusError{exitUsage, errors.Join(errs...)}
	case found && c.Strict:
		return &statusError{exitNo, nil}
	}
	return nil
}

// checkFile says of a file what a run would, and warns of what it would not.
func checkFile(path string) ([]policy.Warning, error) {
	data, err := policy.Read(path)
	if err != nil {
		return nil, err
	}
	if rules, ok, err := policy.CodexRequirements(path, data); ok {
		return policy.Check(rules), err
	}
	var warnings []policy.Warning
	for _, flags := range flagsFor(path, data) {
		some, err := flags.check()
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, some...)
	}
	slices.SortStableFunc(warnings, func(a, b policy.Warning) int {
		return cmp.Or(cmp.Compare(a.Origin.Line, b.Origin.Line), cmp.Compare(a.Origin.Column, b.Origin.Column), cmp.Compare(a.Msg, b.Msg))
	})
	return slices.Compact(warnings), nil
}

func (f *policyFlags) check() ([]policy.Warning, error) {
	settings, err := f.load()
	if err != nil {
		return nil, err
	}
	rules, records := settings.rules.Policy.Rules(), settings.file.Records
	warnings := append(f.warnings, policy.Check(rules)...)
	if len(records) == 0 {
		warnings = append(warnings, policy.CheckUnasked(rules)...)
	}
	return append(warnings, checkRecords(records, settings.rules.Policy)...), nil
}

// flagsFor are the flags that read a file of its format: what begins with a brace is JSON, what has profiles is Codex's, of
// which each is a way to read it.
func flagsFor(path string, data []byte) []policyFlags {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		return []policyFlags{{SRT: path}}
	}
	profiles := policy.CodexProfiles(data)
	if len(profiles) == 0 {
		return []policyFlags{{Policy: path}}
	}
	var ways []policyFlags
	for _, profile := range profiles {
		ways = append(ways, policyFlags{CodexProfile: profile, codex: &policy.CodexFiles{Config: path}})
	}
	return ways
}

// checkRecords warns of records whose name nobody gets an answer for.
func checkRecords(zones []policy.Zone, rules *policy.Set) []policy.Warning {
	var warnings []policy.Warning
	for _, zone := range zones {
		for _, owner := range resolve.Owners(zone.Text) {
			d := rules.Decide(owner.Name)
			if d.Effect == policy.Allow || resolve.IsLocalhost(owner.Name) {
				continue
			}
			msg := fmt.Sprintf("the records of %s are not answered: %s", owner.Name, because(d))
			warnings = append(warnings, policy.Warning{Origin: zone.At(owner.Line, 1), Msg: msg})
		}
	}
	return warnings
}

type policyShowCmd struct {
	policyFlags `embed:""`
}

// Run implements the subcommand.
func (s *policyShowCmd) Run(e *env) error {
	if len(e.command) > 0 {
		return usageError("policy show takes no command")
	}
	settings, err := s.load()
	if err != nil {
		return &statusError{exitUsage, err}
	}
	_, err = fmt.Fprint(e.stdout, settings.text())
	return err
}

// text is what the flags and files come to, as a policy file.
func (s *settings) text() string {
	file := *s.file
	file.Rules, file.Records = s.rules.Policy.Rules(), nil
	if lines := s.resolver.Records.Lines(); len(lines) > 0 {
		file.Records = []policy.Zone{{Text: strings.Join(lines, "\n") + "\n"}}
	}
	return file.TOML()
}

// digest is that of the text.
func (s *settings) digest() string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(s.text())))
}
