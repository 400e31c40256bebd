package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/carry"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// The words of --forward that are no forward.
const (
	forwardAuto = "auto"
	forwardNone = "none"
)

// forwards are those of --forward, and of the environment's proxies on loopback unless it says none. At the host
// there is nothing to carry.
func forwards(values []string, host bool) ([]carry.Forward, error) {
	auto, none := slices.Contains(values, forwardAuto), slices.Contains(values, forwardNone)
	if auto && none {
		return nil, errors.New("--forward: auto and none contradict each other")
	}
	var named, proxies []carry.Forward
	var errs []error
	for _, value := range values {
		if value == forwardAuto || value == forwardNone {
			continue
		}
		f, err := carry.Parse(value)
		if err != nil {
			errs = append(errs, &flagError{"--forward", err})
			continue
		}
		named = append(named, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if host && len(named) > 0 {
		return nil, &hinted{errors.New("--forward: with --net=host the command is on the host's own loopback"), "connect to the port itself"}
	}
	if !none && !host {
		proxies = carry.Proxies(os.Getenv)
	}
	all, err := carry.Merge(named, proxies)
	if err != nil {
		return nil, &flagError{"--forward", err}
	}
	return all, nil
}

// bypassed says which allowed names NO_PROXY leads past the proxies that are forwarded: nothing is there. "" is none.
func bypassed(all []carry.Forward, rules *policy.Set, getenv func(string) string) string {
	if !slices.ContainsFunc(all, func(f carry.Forward) bool { return f.Auto }) {
		return ""
	}
	var names []string
	for _, domain := range carry.Bypasses(getenv) {
		if allowed := allowedUnder(rules, domain); allowed != "" {
			names = append(names, fmt.Sprintf("%s (%s)", audit.Escape(domain), audit.Escape(allowed)))
		}
	}
	return strings.Join(names, ", ")
}

// allowedUnder is a name or a pattern that a policy allows and that is a domain or below it; "*" is every domain. "" is none.
func allowedUnder(rules *policy.Set, domain string) string {
	if rules.Decide(domain).Effect == policy.Allow {
		return domain
	}
	for _, rule := range rules.Rules() {
		text := rule.Pattern.String()
		if rule.Effect == policy.Allow && (domain == "*" || strings.HasSuffix("."+strings.TrimLeft(text, "*."), "."+domain)) {
			return text
		}
	}
	return ""
}

// warnBypassed says which allowed names clients will not bring to the forwarded proxies.
func (r *runCmd) warnBypassed(e *env, c *supervisor.Config) {
	names := bypassed(c.Forwards, c.Rules.Policy, os.Getenv)
	if names == "" || r.Quiet {
		return
	}
	// Nobody hears that standard error is gone.
	_, _ = fmt.Fprintf(e.stderr, "codex-dnsvisor: NO_PROXY leads past the proxy: %s; what connects there directly is refused; hint: take it out of NO_PROXY\n", names)
}
