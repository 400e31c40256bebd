package main

import (
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/manual"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" words:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Help is what stands below the flags.
func (*completionCmd) Help() string {
	return `Packages bring it along. Elsewhere: eval "$(codex-dnsvisor completion bash)" in ~/.bashrc, or into files in which the shell looks for it.`
}

// Run prints the completion.
func (c *completionCmd) Run(e *env, k *kong.Kong) error {
	write := manual.Bash
	switch c.Shell {
	case "zsh":
		write = manual.Zsh
	case "fish":
		write = manual.Fish
	}
	return write(e.stdout, k.Model)
}

// manCmd is for those who make packages.
type manCmd struct {
	Time string `default:"0" help:"The page's date, in seconds since 1970."`
}

// Run prints the manual page.
func (m *manCmd) Run(e *env, k *kong.Kong) error {
	seconds, err := strconv.ParseInt(m.Time, 10, 64)
	if err != nil {
		return usageError("--time: %w", err)
	}
	page := page
	page.Version, page.Date = version, time.Unix(seconds, 0).UTC().Format(time.DateOnly)
	return manual.Man(e.stdout, k.Model, page)
}

// page is what the model does not have.
var page = manual.Page{
	Summary: "run a command whose every DNS question is answered by policy",
	Usage:   "[flags] -- COMMAND [ARG…]",
	Sections: []manual.Section{
		{Title: "Exit status", Text: `The command's; 128+n for signal n; 126 and 127 as a shell gives; 125 when codex-dnsvisor itself fails, usage included.

Of the subcommands: 0; 1 where the answer is no (doctor: a run cannot work; explain: denied; policy check --strict: a warning; audit diff: something new; audit verify: damage) ` +
			`or forward failed; 2 on an error of usage; 3 of audit verify: a session is unfinished.`},
		{Title: "Environment", Text: `HTTP_PROXY, HTTPS_PROXY, ALL_PROXY: proxies on loopback are carried inside; see --forward.

CODEX_HOME: where --codex-profile alone looks for config.toml.

CODEX_THREAD_ID, CLAUDE_CODE_SESSION_ID: the agent's conversation, for the audit log.

CODEX_DNSVISOR_MASK: features of the kernel to do without; see doctor.

NO_COLOR: no colours.`},
		{Title: "Examples", Text: `    codex-dnsvisor --allow '**.example.com' --audit audit.jsonl -- make test
    codex-dnsvisor explain --policy policy.toml db.example.com
    codex-dnsvisor audit suggest -o policy.toml audit.jsonl
    codex-dnsvisor doctor`},
	},
	SeeAlso: []string{"codex-dnsvisor-policy(5)", "codex-dnsvisor-audit(5)", "seccomp_unotify(2)", "network_namespaces(7)"},
}
