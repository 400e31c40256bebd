package policy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A lease is there until the latest end that it was given at the least depth, and not a moment longer.
func TestLeasesEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLeases(nil)
		now := time.Unix(1e9, 0)
		ends := map[string]time.Time{} // the latest end of each name at any depth
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			name := rapid.SampledFrom([]string{"a.test", "b.test", "c.test"}).Draw(t, "name")
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "later")) * time.Second)
			if rapid.Bool().Draw(t, "grant") {
				lease := Lease{Origin: "o.test", Depth: rapid.IntRange(1, MaxDepth+1).Draw(t, "depth"), Until: now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "ttl")) * time.Second)}
				l.GrantName(name, lease, now)
				if lease.Depth <= MaxDepth && lease.Until.After(ends[name]) {
					ends[name] = lease.Until
				}
				continue
			}
			lease, ok := l.Name(name, now)
			if ok && (!now.Before(ends[name]) || !now.Before(lease.Until) || lease.Depth > MaxDepth) {
				t.Fatalf("%s at %s: %+v, which ends at %s", name, now, lease, ends[name])
			}
			if _, ok := l.Name(name, ends[name]); ok {
				t.Fatalf("%s outlives %s", name, ends[name])
			}
		}
	})
}

// Two names that lead to each other do not keep each other for ever.
func TestLeasesDoNotRenewEachOther(t *testing.T) {
	l := NewLeases(nil)
	now := time.Unix(1e9, 0)
	const ttl = time.Minute
	name, addr := "a.test", netip.MustParseAddr("192.0.2.1")
	l.GrantName(name, Lease{Origin: "o.test", Depth: 1, Until: now.Add(ttl)}, now)
	last := now
	for range 1000 {
		now = now.Add(10 * time.Second)
		if lease, ok := l.Name(name, now); ok {
			last = now
			l.GrantAddress(addr, Lease{Origin: lease.Origin, Depth: lease.Depth + 1, Until: now.Add(ttl)}, now)
		}
		if lease, ok := l.Address(addr, now); ok {
			last = now
			l.GrantName(name, Lease{Origin: lease.Origin, Depth: lease.Depth + 1, Until: now.Add(ttl)}, now)
		}
	}
	if lived := last.Sub(time.Unix(1e9, 0)); lived < ttl/2 || lived > MaxDepth*ttl {
		t.Errorf("without a question for the origin they lived for %s", lived)
	}
}

func TestLeasesAreBounded(t *testing.T) {
	l := NewLeases(nil)
	now := time.Unix(1e9, 0)
	for i := range MaxLeases + 10 {
		l.GrantName(fmt.Sprint(i), Lease{Depth: 1, Until: now.Add(time.Hour)}, now)
	}
	if _, ok := l.Name("0", now); ok || l.names.Len() != MaxLeases {
		t.Errorf("the oldest is there: %v; %d in all", ok, l.names.Len())
	}
	if _, ok := l.Name(fmt.Sprint(MaxLeases+9), now); !ok {
		t.Error("the newest is not there")
	}
}

func TestAbove(t *testing.T) {
	set := ruleSet(t, "allow a.b.test", "allow *.wild.corp", "allow **.both.org", "allow x*.glob.net", "allow *", "deny c.d.example")
	for name, want := range map[string]bool{
		"a.b.test": false, "b.test": true, "test": true, "": true, "wild.corp": true, "corp": true, "both.org": false, "org": true,
		"net": false, "glob.net": false, "example": false, "d.example": false,
	} {
		if got := set.Above(name) != nil; got != want {
			t.Errorf("%q is above an allowed name: %v", name, got)
		}
	}
	if (*Set)(nil).Above("") != nil {
		t.Error("an empty policy allows something")
	}
}
