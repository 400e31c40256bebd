package suggest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

var start = time.Date(2026, 3, 4, 9, 5, 0, 0, time.UTC)

// denied is a question that no rule allowed.
func denied(name string) *review.Event {
	return &review.Event{
		Name: audit.PolicyDecision, Scope: audit.ScopeDomain, Decision: audit.Deny, Reason: audit.ReasonNotAllowed, ServerAddress: name,
		Time: start, QuestionType: "A", PID: 7, Session: "s", Executable: "/usr/bin/curl",
	}
}

func changed(name string, change func(*review.Event)) *review.Event {
	e := denied(name)
	change(e)
	return e
}

func because(name, reason, rule string) *review.Event {
	return changed(name, func(e *review.Event) { e.Reason, e.Rule = reason, rule })
}

// numbered are names below one parent.
func numbered(n int, parent string) (all []*review.Event) {
	for i := range n {
		all = append(all, denied(fmt.Sprintf("n%d.%s", i, parent)))
	}
	return all
}

func suggest(opts Options, events ...*review.Event) *Suggestion {
	g := New(opts)
	for _, e := range events {
		g.Add(e)
	}
	return g.Suggest()
}

func (s *Suggestion) patterns() (all []string) {
	for _, r := range s.Rules {
		all = append(all, r.Pattern)
	}
	return all
}

func (s *Suggestion) apart(r Reason) (all []string) {
	for _, g := range s.Apart {
		if g.Reason == r {
			for _, a := range g.Names {
				all = append(all, a.Name)
			}
		}
	}
	return all
}

// Which rules there are for what was denied, and what is set apart for which reason.
func TestSuggest(t *testing.T) {
	hex := "4d5a90000300000004000000ffff0000b800000000000000"
	rules := func(allow bool, patterns ...string) (all []policy.Rule) {
		for _, text := range patterns {
			p, err := policy.ParsePattern(text)
			if err != nil {
				t.Fatal(err)
			}
			r := policy.Rule{Pattern: p}
			if allow {
				r.Effect = policy.Allow
			}
			all = append(all, r)
		}
		return all
	}
	for name, c := range map[string]struct {
		opts   Options
		events []*review.Event
		rules  []string
		apart  map[Reason][]string
	}{
		"each its own name":      {events: []*review.Event{denied("b.example.com"), denied("a.example.com"), denied("a.example.com"), denied("example.org")}, rules: []string{"a.example.com", "b.example.com", "example.org"}},
		"nothing":                {events: []*review.Event{changed("a.example", func(e *review.Event) { e.Decision = audit.Allow })}},
		"what would be denied":   {events: []*review.Event{changed("a.example", func(e *review.Event) { e.Decision, e.Observed = audit.Allow, true })}, rules: []string{"a.example"}},
		"few siblings":           {events: numbered(8, "cdn.example.com"), rules: []string{"n0.cdn.example.com", "n1.cdn.example.com", "n2.cdn.example.com", "n3.cdn.example.com", "n4.cdn.example.com", "n5.cdn.example.com", "n6.cdn.example.com", "n7.cdn.example.com"}},
		"more siblings":          {events: numbered(9, "cdn.example.com"), rules: []string{"*.cdn.example.com"}},
		"fewer, by the flag":     {opts: Options{Siblings: 2}, events: numbered(3, "cdn.example.com"), rules: []string{"*.cdn.example.com"}},
		"siblings and below":     {opts: Options{Siblings: 2}, events: slices.Concat(numbered(3, "example.com"), numbered(3, "cdn.example.com"), numbered(1, "a.b.example.com")), rules: []string{"*.example.com"}},
		"the parent, too":        {opts: Options{Siblings: 2}, events: append(numbered(3, "example.com"), denied("example.com")), rules: []string{"example.com", "*.example.com"}},
		"never of a suffix":      {opts: Options{Siblings: 2}, events: numbered(3, "co.uk"), rules: []string{"n0.co.uk", "n1.co.uk", "n2.co.uk"}},
		"never of a top level":   {opts: Options{Siblings: 2}, events: numbered(3, "com"), rules: []string{"n0.com", "n1.com", "n2.com"}},
		"never of a private one": {opts: Options{Siblings: 2}, events: numbered(3, "github.io"), rules: []string{"n0.github.io", "n1.github.io", "n2.github.io"}},
		"never above a suffix":   {opts: Options{Siblings: 2}, events: numbered(3, "amazonaws.com"), rules: []string{"n0.amazonaws.com", "n1.amazonaws.com", "n2.amazonaws.com"}},
		"nor above a wild one":   {opts: Options{Siblings: 2}, events: numbered(3, "compute.amazonaws.com"), rules: []string{"n0.compute.amazonaws.com", "n1.compute.amazonaws.com", "n2.compute.amazonaws.com"}},
		"a company's own":        {opts: Options{Siblings: 2}, events: numbered(3, "example.corp"), rules: []string{"*.example.corp"}},
		"text by its name":       {opts: Options{Siblings: 2}, events: append(numbered(3, "example.com"), changed("t.example.com", func(e *review.Event) { e.QuestionType = "TXT" })), rules: []string{"*.example.com", "t.example.com"}},
		"a service by its owner": {events: []*review.Event{denied("_kerberos._udp.example.corp"), denied("example.corp"), denied("_ldap._tcp.example.net")}, rules: []string{"example.corp", "_ldap._tcp.example.net"}},
		"data": {
			events: []*review.Event{denied(hex + ".example.com"), denied("a.example.com"), because("c.example.net", audit.ReasonBudget, "*.example.net")},
			rules:  []string{"a.example.com"}, apart: map[Reason][]string{Data: {hex + ".example.com", "c.example.net"}},
		},
		"no wildcard over data": {
			opts: Options{Siblings: 2}, events: slices.Concat(numbered(3, "example.com"), numbered(3, "a.example.com"), []*review.Event{denied(hex + ".b.example.com")}),
			rules: []string{"*.a.example.com", "n0.example.com", "n1.example.com", "n2.example.com"}, apart: map[Reason][]string{Data: {hex + ".b.example.com"}},
		},
		"a rule denies it": {events: []*review.Event{because("s.example", audit.ReasonDenied, "s.*"), denied("a.example")}, rules: []string{"a.example"}, apart: map[Reason][]string{Denied: {"s.example"}}},
		"a search list": {
			events: []*review.Event{denied("www.example.com"), denied("www.example.com.corp.test"), changed("www.example.com.corp.example", func(e *review.Event) { e.PID = 8 }), denied("db"), denied("db.corp.test")},
			rules:  []string{"www.example.com", "www.example.com.corp.example", "db.corp.test"}, apart: map[Reason][]string{Expanded: {"db", "www.example.com.corp.test"}},
		},
		"a search list for what is not there": {
			events: []*review.Event{changed("no.example.com", func(e *review.Event) { e.Decision, e.ResponseCode = audit.Allow, "NXDOMAIN" }), denied("no.example.com.corp.test")},
			apart:  map[Reason][]string{Expanded: {"no.example.com.corp.test"}},
		},
		"a name of an address": {
			events: []*review.Event{changed("a.example", func(e *review.Event) {
				e.Decision, e.Observed, e.Answers = audit.Allow, true, []string{"192.0.2.7", "2001:db8::7"}
			}), denied("7.2.0.192.in-addr.arpa"), denied("8.2.0.192.in-addr.arpa"), because("9.2.0.192.in-addr.arpa", audit.ReasonUnconfirmed, "")},
			rules: []string{"8.2.0.192.in-addr.arpa", "a.example"}, apart: map[Reason][]string{Reverse: {"7.2.0.192.in-addr.arpa"}, Unconfirmed: {"9.2.0.192.in-addr.arpa"}},
		},
		"local":   {events: []*review.Event{because("rebind.example", audit.ReasonNotAllowedLocal, "")}, apart: map[Reason][]string{Local: {"rebind.example"}}},
		"unnamed": {events: []*review.Event{denied(""), denied("192.0.2.1"), denied(`a\xff`), denied("a,b"), denied("*"), denied("*.com"), denied("a b")}, apart: map[Reason][]string{Unnamed: {"", "*", "*.com", "192.0.2.1", "a b", "a,b", `a\xff`}}},
		"no DNS": {
			events: []*review.Event{{Name: audit.BlockDecision, Scope: audit.ScopeNonDomain, Decision: audit.Deny, Transport: "tcp", ServerAddress: "2001:db8::1", ServerPort: 443}, {Name: audit.Forward, Decision: audit.Deny, ServerAddress: "127.0.0.1"}},
			apart:  map[Reason][]string{Call: {"tcp [2001:db8::1]:443"}},
		},
		"Codex's":           {events: []*review.Event{{Name: review.CodexDecision, Scope: audit.ScopeDomain, Decision: audit.Deny, Reason: audit.ReasonNotAllowed, ServerAddress: "api.example.com", ServerPort: 443}, {Name: review.CodexDecision, Decision: review.Ask, ServerAddress: "ask.example.com"}}, rules: []string{"api.example.com", "ask.example.com"}},
		"allowed by now":    {opts: Options{Rules: rules(true, "*.example.com", "a.example.org")}, events: []*review.Event{denied("a.example.com"), denied("a.example.org"), denied("b.example.org"), denied("_ldap._tcp.a.example.org")}, rules: []string{"b.example.org"}},
		"denied by now":     {opts: Options{Rules: rules(false, "*.example.com")}, events: []*review.Event{denied("a.example.com"), denied("b.example.org")}, rules: []string{"b.example.org"}, apart: map[Reason][]string{Denied: {"a.example.com"}}},
		"what a format has": {opts: Options{Takes: func(p string) string { return map[bool]string{true: "no dot"}[!strings.Contains(p, ".")] }}, events: []*review.Event{denied("db"), denied("a.example")}, rules: []string{"a.example"}, apart: map[Reason][]string{Unnamed: {"db"}}},
	} {
		s := suggest(c.opts, c.events...)
		if diff := cmp.Diff(c.rules, s.patterns()); diff != "" {
			t.Errorf("%s: rules: %s", name, diff)
		}
		apart := map[Reason][]string{}
		for _, g := range s.Apart {
			apart[g.Reason] = s.apart(g.Reason)
		}
		if len(apart)+len(c.apart) > 0 {
			if diff := cmp.Diff(c.apart, apart); diff != "" {
				t.Errorf("%s: apart: %s", name, diff)
			}
		}
	}
}

// So many names below one domain that they look like data for their number are told with how often the others were asked for.
func TestManyNames(t *testing.T) {
	s := suggest(Options{}, append(numbered(review.Many+50, "many.example"), denied("other.example"))...)
	names := s.apart(Data)
	if len(s.Rules) != 1 || len(names) != review.Many+1 || names[0] != "*.many.example" || s.Apart[0].Names[0].Seen.Times != 50 || s.Seen.Times != review.Many+51 {
		t.Errorf("%v, %d names, %+v", s.Rules, len(names), s.Seen)
	}
}

// What is remembered is bounded.
func TestBounded(t *testing.T) {
	g := New(Options{})
	for i := range MaxNames + 1000 {
		g.Add(denied(fmt.Sprintf("host.d%d.example", i/3)))
		g.Add(denied(fmt.Sprintf("h%d.d%d.example", i%3, i/3)))
		g.Add(&review.Event{Name: audit.BlockDecision, Decision: audit.Deny, ServerAddress: fmt.Sprint(i)})
		g.Add(changed("one.example", func(e *review.Event) { e.PID, e.Executable, e.QuestionType = i, fmt.Sprint(i), fmt.Sprint(i) }))
	}
	one := g.names["one.example"]
	if len(g.names) != MaxNames || len(g.calls) != maxCalls || len(one.Programs) != most || len(one.Types) != most || len(one.askers) != most {
		t.Errorf("%d names, %d calls, %+v", len(g.names), len(g.calls), one)
	}
	s := g.Suggest()
	text, err := s.TOML(policy.DomainsTable)
	if err != nil || len(text) > policy.MaxFile || s.Left != g.left || s.Left == 0 || len(s.Rules)+len(s.apart(Room)) != MaxNames || len(s.apart(Room)) == 0 {
		t.Errorf("%v: %d bytes, %d left, %d rules", err, len(text), s.Left, len(s.Rules))
	}
	if !slices.Contains(s.patterns(), "one.example") {
		t.Error("what was asked for most has no room")
	}
}
