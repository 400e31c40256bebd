package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// ruleSet makes rules of "allow a.test" and "deny b.test"; the origin's column is the rule's number, from 1.
func ruleSet(tb testing.TB, lines ...string) *Set {
	tb.Helper()
	var rules []Rule
	for i, line := range lines {
		word, pattern, _ := strings.Cut(line, " ")
		rule := Rule{Pattern: mustPattern(tb, pattern), Origin: Origin{File: "t", Line: 1, Column: i + 1}}
		if word == "allow" {
			rule.Effect = Allow
		}
		rules = append(rules, rule)
	}
	return New(rules)
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		title  string
		rules  []string
		name   string
		reason Reason // empty: allowed
		rule   string // of the deciding pattern; empty: none
		column int    // of the deciding rule, when it matters
	}{
		{"an empty set allows nothing", nil, "a.test", ReasonNotAllowed, "", 0},
		{"nor does it allow the root", nil, "", ReasonNotAllowed, "", 0},
		{"localhost is told apart", nil, "localhost", ReasonNotAllowedLocal, "", 0},
		{"and what is below it", nil, "a.localhost", ReasonNotAllowedLocal, "", 0},
		{"but not what ends like it", nil, "notlocalhost", ReasonNotAllowed, "", 0},
		{"localhost may be denied", []string{"deny localhost"}, "localhost", ReasonDenied, "localhost", 0},
		{"only denies allow nothing", []string{"deny a.test"}, "b.test", ReasonNotAllowed, "", 0},
		{"a star allows the root", []string{"allow *"}, "", "", "*", 0},
		{"deny beats allow", []string{"allow a.test", "deny a.test"}, "a.test", ReasonDenied, "a.test", 2},
		{"in either order", []string{"deny a.test", "allow a.test"}, "a.test", ReasonDenied, "a.test", 1},
		{"a broad deny beats a narrow allow", []string{"allow a.b.test", "deny **.test"}, "a.b.test", ReasonDenied, "**.test", 0},
		{"a star denies all", []string{"deny *", "allow a.test"}, "a.test", ReasonDenied, "*", 0},
		{"the name itself is told before a suffix", []string{"allow **.a.test", "allow a.test"}, "a.test", "", "a.test", 0},
		{"a suffix before a glob", []string{"allow a*.test", "allow *.test"}, "a.test", "", "*.test", 0},
		{"the longest suffix", []string{"allow *.test", "allow *.a.test", "allow *.b.a.test"}, "x.a.test", "", "*.a.test", 0},
		{"a glob before a star", []string{"allow *", "allow a*.test"}, "a.test", "", "a*.test", 0},
		{"the first of equal ones", []string{"allow a.test", "allow A.test."}, "a.test", "", "a.test", 1},
		{"the first of equal suffixes", []string{"allow **.a.test", "allow *.a.test"}, "x.a.test", "", "**.a.test", 1},
		{"the first of equal suffixes, turned", []string{"allow *.a.test", "allow **.a.test"}, "x.a.test", "", "*.a.test", 1},
		{"the apex is of ** alone", []string{"allow *.a.test", "allow **.a.test"}, "a.test", "", "**.a.test", 2},
		{"the first of the globs", []string{"allow a*b.test", "allow a?b.test"}, "axb.test", "", "a*b.test", 1},
		{"case and the dot are forgiven", []string{"allow a.test"}, "A.Test.", "", "a.test", 0},
		{"and do not get round a deny", []string{"allow *", "deny a.test"}, "A.TEST.", ReasonDenied, "a.test", 0},
		{"an escaped dot is no subdomain", []string{"allow *.a.test"}, `evil\.a.test`, ReasonNotAllowed, "", 0},
		{"nor anything else odd", []string{"allow *"}, "a b.test", ReasonNotAllowed, "", 0},
		{"an escape does not get round a deny", []string{"deny *.a.test"}, `x\032y.a.test`, ReasonDenied, "*.a.test", 0},
		{"raw UTF-8 is not mapped", []string{"allow *.a.test"}, "x。a.test", ReasonNotAllowed, "", 0},
		{"nor is a Kelvin sign a k", []string{"allow k.test"}, "\u212a.test", ReasonNotAllowed, "", 0},
		{"an empty label", []string{"allow *.a.test"}, "x..a.test", ReasonNotAllowed, "", 0},
		{"two dots at the end", []string{"allow a.test"}, "a.test..", ReasonNotAllowed, "", 0},
		{"a long label", []string{"allow *.a.test"}, strings.Repeat("x", 64) + ".a.test", ReasonNotAllowed, "", 0},
		{"a long name", []string{"allow *.a.test"}, strings.Repeat("x.", 130) + "a.test", ReasonNotAllowed, "", 0},
		{"an address is no name", []string{"allow 192.0.2.1"}, "192.0.2.1", ReasonNotAllowed, "", 0},
	} {
		t.Run(tt.title, func(t *testing.T) {
			got := ruleSet(t, tt.rules...).Decide(tt.name)
			want := Deny
			if tt.reason == "" {
				want = Allow
			}
			if got.Effect != want || got.Reason != tt.reason || (got.Rule == nil) != (tt.rule == "") {
				t.Fatalf("Decide(%q) = %+v", tt.name, got)
			}
			if got.Rule != nil && (got.Rule.Pattern.String() != tt.rule || tt.column != 0 && got.Rule.Origin.Column != tt.column) {
				t.Fatalf("Decide(%q) by %+v, want %s (rule %d)", tt.name, *got.Rule, tt.rule, tt.column)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	set := ruleSet(t, "deny evil.test", "deny *.bad.test", "deny ad*.test", "allow a.test")
	for name, want := range map[string]string{
		"evil.test":              "evil.test",
		"Evil.TEST.":             "evil.test",
		"x.evil.test":            "",
		"_443._https.evil.test":  "evil.test",
		"_secret._tcp.evil.test": "",
		"bad.test":               "",
		"x.y.bad.test":           "*.bad.test",
		`My\032Printer.bad.test`: "*.bad.test",
		`x\.bad.test`:            "*.bad.test",
		"adx.test":               "ad*.test",
		"b.test":                 "",
		"a.test":                 "",
		"":                       "",
		strings.Repeat("x.", 100_000) + "bad.test": "*.bad.test",
	} {
		rule := set.Denied(name)
		if got := ruleText(rule); got != want {
			t.Errorf("Denied(%q) = %q, want %q", cut(name), got, want)
		}
	}
}

func ruleText(r *Rule) string {
	if r == nil {
		return ""
	}
	return r.Pattern.String()
}

func TestNilSet(t *testing.T) {
	var set *Set
	if got := set.Decide("a.test"); got != (Decision{Reason: ReasonNotAllowed, Special: Test}) {
		t.Errorf("Decide = %+v", got)
	}
	if set.Denied("a.test") != nil || set.Rules() != nil {
		t.Error("a nil set has rules")
	}
}

func TestSetDoesNotChange(t *testing.T) {
	rules := []Rule{{Pattern: mustPattern(t, "a.test"), Effect: Allow}}
	set := New(rules)
	rules[0].Effect = Deny
	set.Rules()[0].Effect = Deny
	if got := set.Decide("a.test"); got.Effect != Allow || set.Rules()[0].Effect != Allow {
		t.Fatalf("the set changed with its rules: %+v", got)
	}
}

func TestUnknownEffectDenies(t *testing.T) {
	set := New([]Rule{{Pattern: mustPattern(t, "a.test"), Effect: 7}})
	if got := set.Decide("a.test"); got.Effect != Deny || got.Reason != ReasonDenied {
		t.Fatalf("Decide = %+v", got)
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	set := ruleSet(t, "allow a.test", "allow *.b.test", "deny **.c.b.test", "allow x*.test")
	for _, name := range []string{"a.test", "x.b.test", "y.c.b.test", "nothing.test", "xyz.test", "q.localhost", "x.home.arpa", ""} {
		if n := testing.AllocsPerRun(100, func() { set.Decide(name) }); n != 0 {
			t.Errorf("Decide(%q) allocates %v times", name, n)
		}
	}
}

func drawRule(t *rapid.T) Rule {
	name := drawName(t, "domain")
	form := rapid.SampledFrom([]string{"", "*.", "**.", "?.", "*", "a*."}).Draw(t, "form")
	if rapid.IntRange(0, 30).Draw(t, "every") == 0 {
		form, name = "*", ""
	}
	p, err := ParsePattern(form + name)
	if err != nil {
		t.Fatalf("%q: %v", form+name, err)
	}
	return Rule{Pattern: p, Effect: rapid.SampledFrom([]Effect{Deny, Allow}).Draw(t, "effect")}
}

// TestDecideAgreesWithItsMeaning compares the index with the rules tried one by one.
func TestDecideAgreesWithItsMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(drawRule), 0, 12).Draw(t, "rules")
		name := drawName(t, "name")
		matches := func(effect Effect) bool {
			return slices.ContainsFunc(rules, func(r Rule) bool { return r.Effect == effect && r.Pattern.Match(name) })
		}
		want := Decision{Effect: Deny, Reason: ReasonNotAllowed}
		switch {
		case matches(Deny):
			want.Reason = ReasonDenied
		case matches(Allow):
			want = Decision{Effect: Allow}
		}
		set := New(rules)
		got := set.Decide(name)
		if got.Effect != want.Effect || got.Reason != want.Reason {
			t.Fatalf("Decide(%q) = %+v, want %+v", name, got, want)
		}
		if got.Rule != nil && (!got.Rule.Pattern.Match(name) || got.Rule.Effect != got.Effect) {
			t.Fatalf("Decide(%q) by a rule that says otherwise: %+v", name, *got.Rule)
		}
		if (set.Denied(name) != nil) != matches(Deny) {
			t.Fatalf("Denied(%q) = %v", name, set.Denied(name))
		}
	})
}

func TestDecideProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(drawRule), 0, 8).Draw(t, "rules")
		name := drawName(t, "name")
		before := New(rules).Decide(name)

		shuffled := rapid.Permutation(rules).Draw(t, "shuffled")
		if after := New(shuffled).Decide(name); after.Effect != before.Effect || after.Reason != before.Reason {
			t.Fatalf("the order of rules changes %q from %+v to %+v", name, before, after)
		}
		more := drawRule(t)
		after := New(append(slices.Clone(rules), more)).Decide(name)
		if more.Effect == Deny && before.Effect == Deny && after.Effect == Allow {
			t.Fatalf("denying %s allows %q", more.Pattern, name)
		}
		if more.Effect == Allow && before.Effect == Allow && after.Effect == Deny {
			t.Fatalf("allowing %s denies %q", more.Pattern, name)
		}
		if more.Effect == Deny && more.Pattern.Match(name) && after.Effect != Deny {
			t.Fatalf("%q is allowed although %s is denied", name, more.Pattern)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	set := ruleSet(b, "allow a.test", "allow *.b.test", "deny **.c.b.test", "allow x*.test")
	for b.Loop() {
		set.Decide("www.example.b.test")
	}
}

// TestManyRulesDecide: whoever asks about many rules at once waits for their index.
func TestManyRulesDecide(t *testing.T) {
	rules := make([]Rule, manyRules)
	for i := range rules {
		rules[i] = Rule{Pattern: Pattern{exact, fmt.Sprintf("%d.test", i)}, Effect: Effect(i % 2)}
	}
	set := Take(rules)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if d := set.Decide(fmt.Sprintf("%d.test", i)); d.Rule != &rules[i] {
				t.Errorf("%d.test by %v", i, d.Rule)
			}
			if set.Above("test") != &rules[1] {
				t.Error("nothing is above test")
			}
		})
	}
	all.Wait()
}
