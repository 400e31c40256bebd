package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"

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

// room is how many bytes of memory a byte of a file of rules may take while it is read: of short names.
const room = 12

// makeRoom readies the heap for rules that are about to be read for the first time.
func (f *policyFlags) makeRoom() {
	var size int64
	for _, path := range []string{f.Policy, f.SRT} {
		if info, err := os.Stat(path); err == nil {
			size += min(info.Size(), policy.MaxFile)
		}
	}
	supervisor.MakeRoom(int(size) * room)
}

func (f *policyFlags) load() (*settings, error) {
	file, rules, err := f.merged()
	if err != nil {
		return nil, err
	}
	return f.settle(file, policy.Take(rules...))
}

// merged is the file, with the flags in place of its keys but for the records; and all rules: those of the flags, of others' files, and its own.
func (f *policyFlags) merged() (*policy.File, [][]policy.Rule, error) {
	file, srt, err := f.read()
	if err != nil {
		return nil, nil, err
	}
	flags, err := f.rules()
	if err != nil {
		return nil, nil, err
	}
	rules := [][]policy.Rule{flags, srt}
	if f.CodexConfig != "" || f.CodexProfile != "" {
		codex, err := f.codexPolicy()
		if err != nil {
			return nil, nil, err
		}
		f.warnings, f.allowIn = codex.Warnings, fmt.Sprintf("[permissions.%s.network.domains]", codex.Profile)
		rules = append(rules, codex.Rules)
		file.DNS.DenyPrivate = file.DNS.DenyPrivate || codex.DenyPrivate
	}
	if f.DenyWith != "" {
		if file.DNS.DenyWith, err = policy.ParseDenyWith(f.DenyWith); err != nil {
			return nil, nil, err
		}
	}
	f.overrideUpstreams(&file.DNS)
	return file, append(rules, file.Rules), nil
}

// read reads the files that may be long, both at once.
func (f *policyFlags) read() (file *policy.File, srt []policy.Rule, err error) {
	var other sync.WaitGroup
	var late error
	if f.SRT != "" {
		other.Go(func() { srt, late = policy.LoadSRT(f.SRT) })
	}
	file = &policy.File{}
	if f.Policy != "" {
		file, err = policy.Load(f.Policy)
	}
	other.Wait()
	return file, srt, cmp.Or(err, late)
}

// settle checks what the policy package leaves to others, and adds the records of the flags.
func (f *policyFlags) settle(file *policy.File, rules *policy.Set) (*settings, error) {
	s := &settings{files: f.files(), file: file, rules: supervisor.Rules{
		Policy: rules, DenyWith: file.DNS.DenyWith, PTR: file.DNS.PTR, Budget: file.DNS.Budget,
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
