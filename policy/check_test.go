package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCheck(t *testing.T) {
	long := strings.Repeat("a.", 124) + "test" // 252 characters
	for _, tt := range []struct {
		title string
		rules []string
		want  []string // starts of the warnings; each rule is a column of line 1
	}{
		{"nothing to say", []string{"allow a.test", "allow *.b.test", "deny c.b.test", "allow api-*.example.com"}, nil},
		{"names of a network's own are nobody's", []string{"allow **.corp", "allow *.internal", "allow x*.local"}, nil},
		{"an address", []string{"allow 192.0.2.1", "deny ::1"}, []string{"1 192.0.2.1 never matches: an address", "2 ::1 never matches"}},
		{"no room before the domain", []string{"deny *." + long, "deny **." + long}, []string{"1 *." + long + " never matches: no name is longer"}},
		{"digits at the end", []string{"deny 10.1", "deny *.168.192"}, []string{"1 10.1 never matches: no name ends in", "2 *.168.192 never matches"}},
		{"denied by the same pattern", []string{"allow a.test", "deny a.test"}, []string{"1 a.test is never allowed: a.test denies it, see t:1:2"}},
		{"denied by a wider one", []string{"deny **.test", "allow a.test", "allow x*.y.test"}, []string{"2 a.test is never allowed: **.test denies it, see t:1:1", "3 x*.y.test is never allowed"}},
		{"denied in part", []string{"deny a.b.test", "allow *.b.test", "deny *.c.b.test"}, nil},
		{"everything is denied", []string{"deny *", "allow a.test"}, []string{"2 a.test is never allowed: * denies it"}},
		{"twice", []string{"allow a.test", "allow A.test.", "deny b.test", "deny b.test"}, []string{"2 a.test is allowed twice, see t:1:1", "4 b.test is denied twice, see t:1:3"}},
		{"wildcards twice", []string{"deny *.a.test", "deny *.a.test", "deny a*b.test", "deny a*b.test", "deny **.c.test", "deny **.c.test"}, []string{"2 *.a.test is denied twice", "4 a*b.test is denied twice", "6 **.c.test is denied twice"}},
		{"an exact one under a wildcard", []string{"allow a.b.test", "allow *.b.test"}, []string{"1 a.b.test is allowed by *.b.test already, see t:1:2; this rule only lifts"}},
		{"a wildcard under another", []string{"allow *.b.test", "allow **.b.test", "allow x.*.b.test"}, []string{"1 *.b.test is allowed by **.b.test already, see t:1:2", "3 x.*.b.test is allowed by"}},
		{"a deny under another", []string{"deny a?.test", "deny ab.test"}, []string{"2 ab.test is denied by a?.test already, see t:1:1"}},
		{"the domain itself is not below it", []string{"allow b.test", "allow *.b.test"}, nil},
		{"public suffixes", []string{"allow *.com", "allow **.co.uk", "allow *.github.io", "allow *.example.org", "allow me.gitlab.io", "deny *.net"}, []string{"1 *.com is wider than it looks: com is a public suffix", "2 **.co.uk is wider", "3 *.github.io is wider"}},
		{"globs over public suffixes", []string{"allow example*.com", "allow *example.com", "allow a?.github.io", "allow x*"}, []string{"1 example*.com is wider", "2 *example.com is wider", "3 a?.github.io is wider", "4 x* allows names of every domain"}},
		{"a star", []string{"allow *"}, []string{"1 * allows names of every domain"}},
	} {
		t.Run(tt.title, func(t *testing.T) {
			var got []string
			for i, w := range Check(ruleSet(t, tt.rules...).Rules()) {
				text := strings.TrimPrefix(w.String(), "t:1:")
				text = strings.Replace(text, ": ", " ", 1)
				if i < len(tt.want) && strings.HasPrefix(text, tt.want[i]) {
					text = tt.want[i]
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckUnasked(t *testing.T) {
	rules := ruleSet(t, "allow *.local", "allow **.in-addr.arpa", "allow x*.test", "allow *.lab.test", "allow a.local", "deny *.onion", "allow *", "allow 192.0.2.1", "allow *.example.com", "allow **.arpa")
	var got []string
	for _, w := range CheckUnasked(rules.Rules()) {
		got = append(got, strings.Fields(w.Msg)[0])
	}
	if diff := cmp.Diff([]string{"*.local", "**.in-addr.arpa", "x*.test"}, got); diff != "" {
		t.Error(diff)
	}
}

func drawPattern(t *rapid.T) Pattern {
	label := rapid.SampledFrom([]string{"a", "b", "ab", "*", "?", "a*", "*b", "?b", "_tcp", "_ldap"})
	form := rapid.SampledFrom([]string{"", "", "*.", "**."}).Draw(t, "form")
	p, err := ParsePattern(form + strings.Join(rapid.SliceOfN(label, 1, 3).Draw(t, "labels"), "."))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func drawMatch(t *rapid.T) string {
	label := rapid.SampledFrom([]string{"a", "b", "ab", "aab", "_tcp", "_ldap"})
	return strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "name"), ".")
}

func TestCoversMeansMatchesAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outer, inner, name := drawPattern(t), drawPattern(t), drawMatch(t)
		if outer.covers(inner) && inner.Match(name) && !outer.Match(name) {
			t.Fatalf("%s covers %s, but does not match %q", outer, inner, name)
		}
		if !inner.covers(inner) {
			t.Fatalf("%s does not cover itself", inner)
		}
		if inner.Exact() && outer.Match(inner.String()) != outer.covers(inner) {
			t.Fatalf("%s covers %s: %t", outer, inner, outer.covers(inner))
		}
	})
}

// TestWarnedRulesDecideNothing: without the rules that are said to be in vain, every name is decided as before.
func TestWarnedRulesDecideNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Rule {
			return Rule{Pattern: drawPattern(t), Effect: rapid.SampledFrom([]Effect{Deny, Allow}).Draw(t, "effect")}
		}), 1, 8).Draw(t, "rules")
		for i := range rules {
			rules[i].Origin = Origin{File: "t", Line: i + 1, Column: 1}
		}
		vain := map[Origin]bool{}
		for _, w := range Check(rules) {
			if !strings.Contains(w.Msg, "wider than") && !strings.Contains(w.Msg, "every domain") {
				vain[w.Origin] = true
			}
		}
		rest := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return vain[r.Origin] })
		for range 8 {
			name := drawMatch(t)
			before, after := New(rules).Decide(name), New(rest).Decide(name)
			if before.Effect != after.Effect || before.Reason != after.Reason {
				t.Fatalf("%q: %+v, without %v %+v", name, before, vain, after)
			}
		}
	})
}

// TestCheckManyRules would take minutes if each rule were compared with each.
func TestCheckManyRules(t *testing.T) {
	var rules []Rule
	for i := range 40_000 {
		rules = append(rules, Rule{Pattern: mustPattern(t, "*.a"+hex(i)+"x.b.test"), Effect: Allow})
	}
	if all := Check(rules); len(all) != 0 {
		t.Errorf("%d warnings, such as %s", len(all), all[0])
	}
}
