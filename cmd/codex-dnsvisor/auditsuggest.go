package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/review/suggest"
)

type auditSuggestCmd struct {
	auditInput `embed:""`

	Siblings int    `default:"8" placeholder:"N" help:"Suggest a wildcard where more than N names below one parent were denied (default 8); 0 is never. Never at or above a public suffix."`
	Codex    string `xor:"format" placeholder:"NAME" help:"Write the rules as [permissions.NAME.network.domains] of Codex's config.toml."`
	SRT      bool   `name:"srt" xor:"format" help:"Write the settings of sandbox-runtime (JSON), which Claude Code has below \"sandbox\". What is set apart goes to standard error."`
	JSON     bool   `xor:"format" help:"Print one JSON object, with what is set apart."`
	Merge    string `placeholder:"POLICY" help:"Print this policy file with the rules added; nothing of it is changed. With --codex it is Codex's config.toml. What is set apart goes to standard error."`
	Output   string `short:"o" default:"-" placeholder:"FILE" help:"Write to FILE, which may be the one that is merged into, in place of standard output."`
}

// Run implements the subcommand.
func (a *auditSuggestCmd) Run(e *env) error {
	if a.Merge != "" && (a.SRT || a.JSON) {
		return usageError("--merge is for TOML: a policy file, or with --codex Codex's config.toml")
	}
	if a.Siblings == 0 {
		a.Siblings = -1
	}
	opts := suggest.Options{Siblings: a.Siblings}
	var file []byte
	var err error
	switch {
	case a.Merge != "":
		if file, opts.Rules, err = a.policy(); err != nil {
			return &statusError{exitUsage, err}
		}
	case a.SRT:
		opts.Takes = srtTakes
	}
	r, err := a.open(e)
	if err != nil {
		return err
	}
	g := suggest.New(opts)
	for event := range r.Events() {
		g.Add(event)
	}
	unread := r.finish(e)
	text, aside, err := a.text(g.Suggest(), file)
	if err == nil {
		err = writeOutput(e, a.Output, func(w io.Writer) (int64, error) {
			n, err := io.WriteString(w, text)
			return int64(n), err
		})
	}
	if err != nil {
		return &statusError{exitUsage, errors.Join(err, unread)}
	}
	if _, err := io.WriteString(e.stderr, aside); err != nil {
		return err
	}
	return unread
}

// text is what is printed, and what is said beside it where the format has no comments or the file is somebody's.
func (a *auditSuggestCmd) text(s *suggest.Suggestion, file []byte) (text, aside string, err error) {
	table := a.table()
	switch {
	case a.JSON:
		all, err := json.MarshalIndent(s, "", "  ")
		return string(all) + "\n", "", err
	case a.SRT:
		text, err := s.SRT()
		return text, s.Aside(), err
	case a.Merge != "":
		merged, err := policy.Insert(a.Merge, file, table, s.Lines())
		return string(merged), s.Head() + s.Aside(), err
	}
	text, err = s.TOML(table)
	return text, "", err
}

// table is where rules are.
func (a *auditSuggestCmd) table() []string {
	if a.Codex != "" {
		return policy.CodexDomainsTable(a.Codex)
	}
	return policy.DomainsTable
}

// policy reads the file that is merged into, and what it allows and denies already.
func (a *auditSuggestCmd) policy() ([]byte, []policy.Rule, error) {
	data, err := policy.Read(a.Merge)
	if err != nil {
		return nil, nil, err
	}
	if a.Codex == "" {
		f, err := policy.Parse(a.Merge, data)
		if err != nil {
			return nil, nil, err
		}
		return data, f.Rules, nil
	}
	if !slices.Contains(policy.CodexProfiles(data), a.Codex) {
		return data, nil, nil
	}
	codex := policy.Codex{Config: []policy.CodexFile{{Name: a.Merge, Data: data}}, Profile: a.Codex}
	profile, err := codex.Policy()
	if err != nil {
		return nil, nil, err
	}
	return data, profile.Rules, nil
}

// srtTakes says why sandbox-runtime has no rule for a name.
func srtTakes(pattern string) string {
	if !strings.Contains(pattern, ".") {
		return "sandbox-runtime takes no name without a dot"
	}
	return ""
}
