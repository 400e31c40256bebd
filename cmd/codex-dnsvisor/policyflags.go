package main

import (
	"errors"
	"fmt"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// policyFlags say what may be resolved, and to what.
type policyFlags struct {
	Allow        []string `placeholder:"PATTERN" sep:"none" help:"Allow names: example.com, *.example.com (its subdomains), **.example.com (both), with * and ? as globs. Repeatable."`
	Deny         []string `placeholder:"PATTERN" sep:"none" help:"Deny names; outweighs every allow. Repeatable."`
	Policy       string   `placeholder:"FILE" help:"Read a policy file (TOML)."`
	SRT          string   `name:"srt-settings" placeholder:"FILE" help:"Take the domains of Claude Code's or sandbox-runtime's settings (JSON) as rules."`
	CodexConfig  string   `placeholder:"FILE" help:"Take the domains of a permission profile of Codex's config.toml as rules. With --codex-profile alone: $CODEX_HOME/config.toml or ~/.codex/config.toml."`
	CodexProfile string   `placeholder:"NAME" help:"The profile: the table [permissions.NAME] (default: default_permissions)."`

	Record   []string `placeholder:"LINE" sep:"none" help:"Add a static record: 'a.example. 60 IN A 192.0.2.1'. Repeatable."`
	Upstream []string `placeholder:"URL" sep:"none" help:"Ask system, udp://ADDRESS, tcp://ADDRESS, tls://HOST, https://HOST/PATH or unix:///PATH; in place of the file's but for its domains. Repeatable, in order."`
	Proxy    string   `name:"upstream-proxy" placeholder:"URL" help:"Ask through a proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT; in place of the file's."`
	DenyWith string   `placeholder:"HOW" words:"nxdomain,refused,nodata,errno" help:"Answer denied names with nxdomain (the default), refused, nodata, or errno: the call itself fails."`

	command  []string // what is run, which may say more to Codex
	codex    *policy.CodexFiles
	warnings []policy.Warning // of what was merged last
	allowIn  string           // the table of Codex's configuration where names are allowed, for its proxy and for us; or ""
}

// settings are the flags and the file, merged: rules and records of both, flags in place of the file's other keys.
type settings struct {
	rules    supervisor.Rules // but for the resolver
	resolver resolve.Config
	files    []string // what was read, or would be if it were there
	file     *policy.File
}

func (f *policyFlags) load() (*settings, error) {
	file, err := f.merged()
	if err != nil {
		return nil, err
	}
	return f.settle(file)
}

// merged is the file, with the rules of the flags before its own and the flags in place of its keys, but for the records.
func (f *policyFlags) merged() (*policy.File, error) {
	file := &policy.File{}
	if f.Policy != "" {
		var err error
		if file, err = policy.Load(f.Policy); err != nil {
			return nil, err
		}
	}
	rules, err := f.rules()
	if err != nil {
		return nil, err
	}
	if f.SRT != "" {
		more, err := policy.LoadSRT(f.SRT)
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	if f.CodexConfig != "" || f.CodexProfile != "" {
		codex, err := f.codexPolicy()
		if err != nil {
			return nil, err
		}
		f.warnings, f.allowIn = codex.Warnings, fmt.Sprintf("[permissions.%s.network.domains]", codex.Profile)
		rules = append(rules, codex.Rules...)
		file.DNS.DenyPrivate = file.DNS.DenyPrivate || codex.DenyPrivate
	}
	file.Rules = append(rules, file.Rules...)
	if f.DenyWith != "" {
		if file.DNS.DenyWith, err = policy.ParseDenyWith(f.DenyWith); err != nil {
			return nil, err
		}
	}
	f.overrideUpstreams(&file.DNS)
	return file, nil
}

// settle checks what the policy package leaves to others, and adds the records of the flags.
func (f *policyFlags) settle(file *policy.File) (*settings, error) {
	s := &settings{files: f.files(), file: file, rules: supervisor.Rules{
		Policy: policy.New(file.Rules), DenyWith: file.DNS.DenyWith, PTR: file.DNS.PTR, Budget: file.DNS.Budget,
		MinLease: value(file.DNS.MinLease, policy.DefaultMinLease), MaxLease: value(file.DNS.MaxLease, policy.DefaultMaxLease),
	}}
	var err error
	if s.resolver, err = f.resolverConfig(file); err != nil {
		return nil, err
	}
	return s, nil
}

// files are those that the flags name.
func (f *policyFlags) files() []string {
	var files []string
	for _, path := range []string{f.Policy, f.SRT} {
		if path != "" {
			files = append(files, path)
		}
	}
	if f.codex != nil {
		files = append(files, f.codex.Watched()...)
	}
	return files
}

// rules are those of the flags. Every bad one is reported.
func (f *policyFlags) rules() ([]policy.Rule, error) {
	var rules []policy.Rule
	var errs []error
	for _, group := range []struct {
		flag     string
		effect   policy.Effect
		patterns []string
	}{{"--allow", policy.Allow, f.Allow}, {"--deny", policy.Deny, f.Deny}} {
		for _, text := range group.patterns {
			pattern, err := policy.ParsePattern(text)
			if err != nil {
				errs = append(errs, &flagError{group.flag, err})
				continue
			}
			rules = append(rules, policy.Rule{Pattern: pattern, Effect: group.effect, Origin: policy.Origin{Flag: group.flag}})
		}
	}
	return rules, errors.Join(errs...)
}

// flagError is a bad value of a flag.
type flagError struct {
	flag string
	err  error
}

func (e *flagError) Error() string { return e.flag + ": " + e.err.Error() }
func (e *flagError) Unwrap() error { return e.err }
