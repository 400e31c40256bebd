package policy

import (
	"fmt"
	"testing"
)

// TestIndex: of the rules with a body the first is found, in whichever list it is, and nothing else.
func TestIndex(t *testing.T) {
	for n := range 300 {
		var lists [3][]Rule
		for i := range n {
			lists[i*3/n] = append(lists[i*3/n], Rule{Pattern: Pattern{exact, fmt.Sprint(i % (n/2 + 1))}})
		}
		x := newIndex(lists[:], n)
		number := 0
		for _, list := range lists {
			for i := range list {
				if fresh := number <= n/2; x.add(number, list[i].Pattern.body) != fresh {
					t.Fatalf("of %d rules, number %d is new: %t", n, number, !fresh)
				}
				number++
			}
		}
		for i := range n + 2 {
			r := x.find(fmt.Sprint(i))
			if there := i < min(n, n/2+1); there != (r != nil) || there && r.Pattern.body != fmt.Sprint(i) {
				t.Fatalf("of %d rules, %d is %v", n, i, r)
			}
			if i == 0 && n > 0 && r != &lists[0][0] {
				t.Fatalf("of %d rules, another than the first is found", n)
			}
		}
	}
}

// TestTakeLists: a set of lists is that of one list with all their rules.
func TestTakeLists(t *testing.T) {
	var rules []Rule
	for i, text := range []string{"a.test", "*.b.test", "a.test", "**", "x?.test", "c.test", "b.test"} {
		pattern, err := ParsePattern(text)
		if err != nil {
			pattern = Pattern{kind: every}
		}
		rules = append(rules, Rule{Pattern: pattern, Effect: Effect(i % 2), Origin: Origin{Line: i + 1}})
	}
	one := New(rules)
	for cut := range rules {
		several := Take(rules[:cut], nil, rules[cut:])
		if got := several.Rules(); len(got) != len(rules) || got[0] != rules[0] || got[len(got)-1] != rules[len(rules)-1] {
			t.Errorf("cut at %d: %v", cut, got)
		}
		for _, name := range []string{"a.test", "b.test", "x.b.test", "xy.test", "c.test", "d.test"} {
			want, got := one.Decide(name), several.Decide(name)
			if *want.Rule != *got.Rule {
				t.Errorf("cut at %d: %s by %v, want %v", cut, name, got.Rule, want.Rule)
			}
		}
	}
}

// TestPlaces: each offset has its place, whatever was asked for before.
func TestPlaces(t *testing.T) {
	text := []byte("\na\n\nbc\nd")
	for first := range len(text) + 2 {
		for second := range len(text) + 2 {
			p := newPlaces("f", text)
			p.at(first)
			got := p.at(second)
			if want := min(second, len(text)); offsetOf(text, got) != want {
				t.Errorf("%d after %d is at %s", second, first, got)
			}
		}
	}
}
