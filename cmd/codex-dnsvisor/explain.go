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

	Name string `arg:"" words:"" help:"The name that a program asks for."`
	Type string `arg:"" words:"" optional:"" default:"A" help:"The type of the question."`
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
	asked := name + " " + resolve.TypeString(kind)
	if decision.Rule == nil && resolve.IsLocalhost(name) {
		return x.say(e, "%s: allowed, localhost answers everywhere (RFC 6761)", asked)
	}
	if decision.Effect != policy.Allow {
		if err := x.say(e, "%s: denied, %s%s", asked, because(decision), settings.otherwise(kind, decision)); err != nil {
			return err
		}
		return &statusError{exitNo, nil}
	}
	return x.say(e, "%s: allowed %s, answered by %s", asked, because(decision), settings.answerer(name, kind, decision))
}

// because says which rule decides, and about what.
func because(d policy.Decision) string {
	switch {
	case d.Rule == nil:
		return "no rule allows it"
	case d.Service:
		return fmt.Sprintf("by %s (%s) for a service of its name", d.Rule.Pattern, d.Rule.Origin)
	}
	return fmt.Sprintf("by %s (%s)", d.Rule.Pattern, d.Rule.Origin)
}

// otherwise says what holds of a name of special use that no rule is about.
func (s *settings) otherwise(kind uint16, d policy.Decision) string {
	switch {
	case d.Rule != nil || d.Special == policy.Ordinary:
		return ""
	case s.leased(kind, d):
		return "; it is answered for as long as an answer with the address holds"
	}
	return fmt.Sprintf("; %s is not for the network (%s)", d.Special.Zone(), d.Special.Source())
}

// leased says that a question is for the name of an address, which is asked upstream where an answer had the address.
func (s *settings) leased(kind uint16, d policy.Decision) bool {
	reverse := d.Special == policy.ReverseIPv4 || d.Special == policy.ReverseIPv6
	return reverse && !d.Named && kind == resolve.TypePTR && s.rules.PTR != policy.PTROff
}

// answerer is who answers a question about an allowed name.
func (s *settings) answerer(name string, kind uint16, d policy.Decision) string {
	_, service := policy.ServiceOwner(name)
	switch {
	case s.resolver.Records.Has(name, kind):
		return "a static record"
	case s.leased(kind, d):
		return "an upstream, for as long as an answer with the address holds"
	case d.Special != policy.Ordinary && !d.Named:
		return fmt.Sprintf("no upstream: %s is not for the network (%s) and no rule names it", d.Special.Zone(), d.Special.Source())
	case !s.resolver.Asks(kind):
		return "no data: the type is not asked for"
	case kind == resolve.TypeTXT && !service && !d.Rule.Pattern.Exact():
		return "no data: TXT is asked for where a rule is the name itself"
	}
	return s.upstream(name)
}

// upstream is who is asked about a name.
func (s *settings) upstream(name string) string {
	domain, upstreams := "", s.resolver.Upstreams
	for _, zone := range s.resolver.Zones {
		if (name == zone.Domain || strings.HasSuffix(name, "."+zone.Domain)) && len(zone.Domain) > len(domain) {
			domain, upstreams = zone.Domain, zone.Upstreams
		}
	}
	switch {
	case len(upstreams) == 0:
		return "no upstream: nobody is asked about it"
	case domain != "":
		return "an upstream of " + domain
	}
	return "an upstream"
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
