package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// spend asks for names by the decisions of a set, all at one time, and counts those that are let through.
func spend(b *Budget, set *Set, at time.Time, names ...string) int {
	n := 0
	for _, name := range names {
		if b.Spend(set.Decide(name), name, at) {
			n++
		}
	}
	return n
}

// numbered are n distinct names below a domain, with labels of four bytes.
func numbered(domain string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%04d.%s", i, domain)
	}
	return names
}

func TestBudgetNames(t *testing.T) {
	set := ruleSet(t, "allow *.a.test", "allow **.b.test", "allow a.test")
	b := NewBudget(Limits{Names: 3, TotalNames: 5})
	t0 := time.Unix(1000, 0)
	for _, step := range []struct {
		title string
		after time.Duration
		names []string
		want  int
	}{
		{"a rule has its names", 0, numbered("a.test", 5), 3},
		{"which are free again", 59 * time.Second, numbered("a.test", 5), 3},
		{"in any case", 59 * time.Second, []string{"0001.A.test."}, 1},
		{"another rule has its own, as far as there are some in all", 59 * time.Second, numbered("b.test", 5), 2},
		{"asking again keeps names counting", 118 * time.Second, []string{"x.a.test", "0000.a.test"}, 1},
		{"a minute later they do not count", 119 * time.Second, []string{"x.a.test", "y.a.test", "z.a.test"}, 2},
		{"a clock that is behind changes nothing", 0, []string{"z.a.test"}, 0},
		{"a rule of one name has no limit", 119 * time.Second, []string{"a.test"}, 1},
	} {
		if got := spend(b, set, t0.Add(step.after), step.names...); got != step.want {
			t.Errorf("%s: %d of %d are let through, want %d", step.title, got, len(step.names), step.want)
		}
	}
}

// TestBudgetBytes: each of the names has ten bytes that its rule leaves open.
func TestBudgetBytes(t *testing.T) {
	for rule, name := range map[string]string{
		"allow *.a.test":  "1234567890.a.test",
		"allow **.a.test": "12345.7890.a.test",
		"allow ?2*.test":  "12345.test",
		"allow **.t?st":   "12345.test",
		"allow *":         "12345.test",
	} {
		set := ruleSet(t, rule)
		if n := spend(NewBudget(Limits{Bytes: 10}), set, time.Unix(0, 0), name); n != 1 {
			t.Errorf("%s: %s is too long for 10 bytes", rule, name)
		}
		for _, l := range []Limits{{Bytes: 9}, {TotalBytes: 9}} {
			if n := spend(NewBudget(l), set, time.Unix(0, 0), name); n != 0 {
				t.Errorf("%s: %s is not too long for %+v", rule, name, l)
			}
		}
	}
	if n := spend(NewBudget(Limits{Bytes: 1}), ruleSet(t, "allow **.a.test"), time.Unix(0, 0), "a.test"); n != 1 {
		t.Error("the domain itself has bytes to choose")
	}
}

func TestBudgetOfOneNameIsNotLimited(t *testing.T) {
	set := ruleSet(t, "allow a.test", "deny b.test")
	b := NewBudget(Limits{Names: 1, Bytes: 1, TotalNames: 1, TotalBytes: 1})
	names := []string{"a.test"}
	for name := range services().names {
		names = append(names, name+".a.test")
	}
	if n := spend(b, set, time.Unix(0, 0), names...); n != len(names) {
		t.Errorf("%d of %d are let through", n, len(names))
	}
	if spend(b, set, time.Unix(0, 0), "b.test", "c.test") != 0 {
		t.Error("denied names may be asked for")
	}
	if !b.Spend(Decision{Effect: Allow}, "localhost", time.Unix(0, 0)) {
		t.Error("what no rule allowed is limited")
	}
}

// TestBudgetOutlivesItsRules: rules that are read again, in whatever order, go on where they were.
func TestBudgetOutlivesItsRules(t *testing.T) {
	b := NewBudget(Limits{Names: 2})
	spend(b, ruleSet(t, "allow *.a.test"), time.Unix(0, 0), "1.a.test")
	again := ruleSet(t, "allow x", "allow *.A.test.")
	if n := spend(b, again, time.Unix(1, 0), numbered("a.test", 9)...); n != 1 {
		t.Errorf("%d more are let through, want 1", n)
	}
	b.SetLimits(Limits{Names: 4})
	if n := spend(b, again, time.Unix(1, 0), numbered("a.test", 9)...); n != 3 {
		t.Errorf("with a higher limit, %d are let through, want 1 of before and 2 more", n)
	}
	if n := spend(NewBudget(Limits{}), again, time.Unix(1, 0), numbered("a.test", 999)...); n != DefaultLimits.Names {
		t.Errorf("%d are let through by default, want %d", n, DefaultLimits.Names)
	}
}

// TestBudgetMemory: what is refused is not remembered, and what is over is forgotten.
func TestBudgetMemory(t *testing.T) {
	set := ruleSet(t, "allow *")
	b := NewBudget(Limits{Names: 50, TotalNames: 50})
	for i := range 10_000 {
		spend(b, set, time.Unix(int64(i), 0), fmt.Sprintf("%d.test", i))
		if len(b.names) > 50 || len(b.asked.slots) > 1+50 || b.total.names != len(b.names) || len(b.rules) > 1 {
			t.Fatalf("after %d names %d are held, %+v", i, len(b.names), b.total)
		}
	}
	spend(b, set, time.Unix(20_000, 0), "a.test")
	if len(b.names) != 1 || b.total != (amount{1, 6}) {
		t.Errorf("after an hour %d names are held, %+v", len(b.names), b.total)
	}
}

// TestBudgetHolds: in no minute are more distinct names or bytes let through than the limits say, of a rule or of all.
func TestBudgetHolds(t *testing.T) {
	type ask struct {
		at         time.Time
		rule, name string
	}
	set := ruleSet(t, "allow *.a", "allow *.b", "allow *")
	rapid.Check(t, func(t *rapid.T) {
		l := Limits{
			Names: rapid.IntRange(1, 4).Draw(t, "names"), Bytes: rapid.IntRange(1, 12).Draw(t, "bytes"),
			TotalNames: rapid.IntRange(1, 8).Draw(t, "total names"), TotalBytes: rapid.IntRange(1, 24).Draw(t, "total bytes"),
		}
		b := NewBudget(l)
		now := time.Unix(0, 0)
		var passed []ask
		for range rapid.IntRange(1, 60).Draw(t, "asks") {
			now = now.Add(time.Duration(rapid.IntRange(0, 25).Draw(t, "seconds")) * time.Second)
			name := rapid.StringMatching(`[xyz]{1,3}\.[abc]`).Draw(t, "name")
			d := set.Decide(name)
			if !b.Spend(d, name, now) {
				continue
			}
			passed = append(passed, ask{now, d.Rule.Pattern.String(), name})
			sums, seen := map[string]amount{}, map[string]bool{}
			for _, p := range passed {
				if now.Sub(p.at) >= time.Minute || seen[p.name] {
					continue
				}
				seen[p.name] = true
				bytes := len(p.name)
				if p.rule != "*" {
					bytes -= len(".a")
				}
				sums[p.rule] = sums[p.rule].plus(amount{1, bytes})
				sums["all"] = sums["all"].plus(amount{1, bytes})
			}
			for rule, sum := range sums {
				most := amount{l.Names, l.Bytes}
				if rule == "all" {
					most = amount{l.TotalNames, l.TotalBytes}
				}
				if sum.names > most.names || sum.bytes > most.bytes {
					t.Fatalf("%s: %+v in a minute, want at most %+v", rule, sum, most)
				}
			}
		}
	})
}

// counted is a name that counts, as a list would have it.
type counted struct {
	rule, name string
	bytes      int
	at         time.Time
}

// TestBudgetIsThatOfAList: whatever is asked, it is let through where a plain list of whole names, gone through each time, lets it through.
func TestBudgetIsThatOfAList(t *testing.T) {
	set := ruleSet(t, "allow *.a", "allow *.b.a", "allow *")
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.Custom(func(t *rapid.T) Limits {
			return Limits{
				Names: rapid.IntRange(1, 12).Draw(t, "names"), Bytes: rapid.IntRange(1, 60).Draw(t, "bytes"),
				TotalNames: rapid.IntRange(1, 20).Draw(t, "total names"), TotalBytes: rapid.IntRange(1, 90).Draw(t, "total bytes"),
			}
		})
		l := limits.Draw(t, "limits")
		b := NewBudget(l)
		var list []counted
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 200).Draw(t, "asks") {
			if rapid.IntRange(0, 40).Draw(t, "new limits") == 0 {
				l = limits.Draw(t, "limits")
				b.SetLimits(l)
			}
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 5, 20, 60}).Draw(t, "seconds")) * time.Second)
			name := rapid.StringMatching(`[xyz]{1,2}(\.b)?\.[ac]`).Draw(t, "name")
			d := set.Decide(name)
			c := counted{d.Rule.Pattern.String(), name, len(name), now}
			if c.rule != "*" {
				c.bytes -= len(c.rule) - len("*")
			}
			var want bool
			list, want = inList(list, c, l)
			if got := b.Spend(d, name, now); got != want {
				t.Fatalf("%s at %s: %v, want %v of %+v", name, now.UTC(), got, want, list)
			}
			if len(b.names) != len(list) || b.total.names != len(list) || len(b.asked.slots) > 1+20 {
				t.Fatalf("%d names in %d slots, counted as %d, want %d", len(b.names), len(b.asked.slots), b.total.names, len(list))
			}
		}
	})
}

// inList asks a list for a name.
func inList(list []counted, c counted, l Limits) (after []counted, through bool) {
	list = slices.DeleteFunc(list, func(o counted) bool { return c.at.Sub(o.at) >= time.Minute })
	rule, total := amount{1, c.bytes}, amount{1, c.bytes}
	for i, o := range list {
		if o.rule == c.rule && o.name == c.name {
			list[i].at = c.at
			return list, true
		}
		total = total.plus(amount{1, o.bytes})
		if o.rule == c.rule {
			rule = rule.plus(amount{1, o.bytes})
		}
	}
	if rule.names > l.Names || rule.bytes > l.Bytes || total.names > l.TotalNames || total.bytes > l.TotalBytes {
		return list, false
	}
	return append(list, c), true
}

// TestMarks: names, rules and budgets have different ones, and a name always the same.
func TestMarks(t *testing.T) {
	one, other := newMarker(), newMarker()
	whose := map[mark]string{}
	long := strings.Repeat("a", 200)
	names := append(numbered("a.test", 5000), numbered(long, 5000)...)
	for i := range 5000 {
		names = append(names, fmt.Sprint(long, i))
	}
	for _, name := range names {
		for rule := range uint64(2) {
			m := one.mark(rule, name)
			if before, taken := whose[m]; taken {
				t.Fatalf("%s of rule %d has the mark of %s", name, rule, before)
			}
			whose[m] = fmt.Sprintf("%s of rule %d", name, rule)
			if again := one.mark(rule, name); again != m {
				t.Fatalf("%s has two marks", whose[m])
			}
			if _, taken := whose[other.mark(rule, name)]; taken {
				t.Fatalf("%s has the same mark in another budget", whose[m])
			}
		}
	}
}

func TestBudgetIsSafeForConcurrentUse(t *testing.T) {
	set := ruleSet(t, "allow *.a.test", "allow *.b.test")
	b := NewBudget(Limits{Names: 100, TotalNames: 150})
	var wg sync.WaitGroup
	let := make([]int, 8)
	for i := range let {
		wg.Go(func() {
			for _, name := range append(numbered(fmt.Sprintf("%d.a.test", i), 100), numbered(fmt.Sprintf("%d.b.test", i), 100)...) {
				let[i] += spend(b, set, time.Unix(0, 0), name)
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range let {
		sum += n
	}
	if sum != 150 {
		t.Errorf("%d are let through, want 150", sum)
	}
}

func TestQuestionsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(Limits{Questions: 10})
		set := ruleSet(t, "allow a.test", "allow *.b.test")
		rule := set.Decide("a.test").Rule
		start := time.Now()
		for range 30 {
			if err := b.Question(t.Context(), rule); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("30 questions of 10 a second and 10 at once took %s", took)
		}
		again := ruleSet(t, "allow a.test").Decide("a.test").Rule
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if b.Question(ctx, again) == nil {
			t.Error("a rule that was read again has a rate of its own")
		}
		if err := b.Question(ctx, set.Decide("x.b.test").Rule); err != nil {
			t.Errorf("another rule has to wait: %v", err)
		}
		if err := b.Question(ctx, nil); err != nil {
			t.Errorf("no rule: %v", err)
		}
		cancel()
		if err := b.Question(ctx, rule); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		b.SetLimits(Limits{Questions: 1000})
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // of the test's own clock
		if err := b.Question(t.Context(), rule); err != nil || time.Since(start) > 2010*time.Millisecond {
			t.Errorf("a higher limit does not hold: %v after %s", err, time.Since(start))
		}
	})
}

// TestQuestionsOfManyRules: rules that ask no more are forgotten, and those that do are not.
func TestQuestionsOfManyRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(Limits{Questions: 1})
		ask := func(name string) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			return b.Question(ctx, &Rule{Pattern: mustPattern(t, name)})
		}
		for i := range 20 {
			for j := range fewLimiters {
				if err := ask(fmt.Sprintf("%d-%d.test", i, j)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(900 * time.Millisecond) //nolint:forbidigo // of the test's own clock
			if err := ask(fmt.Sprintf("%d-%d.test", i, 0)); err == nil || !strings.Contains(err.Error(), "deadline") {
				t.Fatalf("a rule that just asked may ask again: %v", err)
			}
			time.Sleep(100 * time.Millisecond) //nolint:forbidigo // of the test's own clock
		}
		if len(b.questions) > 4*fewLimiters {
			t.Errorf("%d rules are remembered", len(b.questions))
		}
	})
}
