//go:build clients

package clients

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

// some is a text of up to so many of some letters, and at least of one.
func some(r *rand.Rand, letters string, most int) string {
	var text strings.Builder
	for range 1 + r.IntN(most) {
		text.WriteByte(letters[r.IntN(len(letters))])
	}
	return text.String()
}

// stars are what Codex does not take.
var stars = regexp.MustCompile(`\*{2,}`)

// TestCodexRandomPatterns compares what both make of random globs, with random names.
func TestCodexRandomPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	allowed, denied := 0, 0
	for round := range 20 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			p, names := randomPatterns(r)
			o := newOutskirts(t)
			o.write("home/config.toml", p.config())
			read, err := (&policy.Codex{Config: []policy.CodexFile{{Name: "config.toml", Data: []byte(p.config())}}, Profile: "w"}).Policy()
			must(t, err)
			ours, theirs := policy.New(read.Rules), o.codex("w", "project", names)
			for _, name := range names {
				normal, err := policy.Normalise(name)
				must(t, err)
				mine := ours.Decide(normal).Effect == policy.Allow
				if other, ok := theirs.allowed[name]; !ok || mine != other {
					t.Errorf("%s: ours allows it: %v, theirs: %v %s\n%s", name, mine, other, theirs.refused, p.name())
				}
				if mine {
					allowed++
				} else {
					denied++
				}
			}
		})
	}
	if min(allowed, denied)*10 < allowed+denied {
		t.Errorf("%d are allowed and %d denied: it tells little", allowed, denied)
	}
}

// randomPatterns are globs, each of which ends in a domain of its own, and names for them: not more than Codex's proxy connects
// to at a time.
func randomPatterns(r *rand.Rand) (p patterns, names []string) {
	for i := range 20 {
		domain := fmt.Sprintf(".n%d.example", i)
		pattern := []string{"", "", "*.", "**."}[r.IntN(4)] + stars.ReplaceAllString(some(r, "abAB.??**", 6), "*") + domain
		if r.IntN(3) == 0 {
			p.allow, p.deny = append(p.allow, "**"+domain), append(p.deny, pattern)
		} else {
			p.allow = append(p.allow, pattern)
		}
		names = append(names, domain[1:])
		for range 5 {
			name := some(r, "abAB", 2)
			for range r.IntN(3) {
				name += "." + some(r, "ab", 2)
			}
			names = append(names, name+domain)
		}
	}
	return p, names
}

// TestSandboxRuntimeRandom compares which random entries both take, and what both make of those with random names.
func TestSandboxRuntimeRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	single := randomEntries(r)
	taken := [2]list{} // that allow, and that deny
	for i, theirs := range newOutskirts(t).srt(single, nil) {
		_, err := policy.ParseSRT("settings.json", settingsText(t, single[i]))
		if (err != nil) != (theirs.refused != "") {
			t.Errorf("%s: ours says %v, theirs %q", single[i].name(), err, theirs.refused)
		}
		if err == nil && !strings.Contains(single[i].name(), ":1") { // with a port they differ, as srtTable says
			taken[0] = append(taken[0], single[i].allow...)
			taken[1] = append(taken[1], single[i].deny...)
		}
	}
	if min(len(taken[0]), len(taken[1])) < 50 {
		t.Fatalf("of %d only %d and %d are taken: it tells little", len(single), len(taken[0]), len(taken[1]))
	}
	var policies []patterns
	var names [][]string
	for range 20 {
		policies = append(policies, patterns{allow: sample(r, taken[0], 30), deny: sample(r, taken[1], 5)})
		names = append(names, randomNames(r))
	}
	allowed, denied := 0, 0
	for i, theirs := range newOutskirts(t).srt(policies, names) {
		rules, err := policy.ParseSRT("settings.json", settingsText(t, policies[i]))
		must(t, err)
		ours := policy.New(rules)
		for _, name := range names[i] {
			normal, err := policy.Normalise(name)
			must(t, err)
			mine := ours.Decide(normal).Effect == policy.Allow
			if other, ok := theirs.allowed[name]; !ok || mine != other {
				t.Errorf("%s: ours allows it: %v, theirs: %v %s\n%s", name, mine, other, theirs.refused, policies[i].name())
			}
			if mine {
				allowed++
			} else {
				denied++
			}
		}
	}
	if min(allowed, denied)*10 < allowed+denied {
		t.Errorf("%d are allowed and %d denied: it tells little", allowed, denied)
	}
}

// odd are texts in brackets that sandbox-runtime reads as the host of a URL, with a port or an address of one number. We
// refuse them.
var odd = regexp.MustCompile(`\[[^\]]*[a-zA-Z].*:|\[[^\]]*:.*[a-zA-Z]|\[1+\]`)

// randomEntries are settings with one random entry.
func randomEntries(r *rand.Rand) []patterns {
	var all []patterns
	for len(all) < 3000 {
		entry := []string{"", "", "*.", "["}[r.IntN(4)] + some(r, "aabbAB...*1_[]", 6) + []string{"", "", ".", "]", ":1", "]:1", ":0", ":"}[r.IntN(8)]
		switch {
		case odd.MatchString(entry):
		case r.IntN(2) == 0:
			all = append(all, patterns{allow: list{entry}})
		default:
			all = append(all, patterns{deny: list{entry}})
		}
	}
	return all
}

func sample(r *rand.Rand, of list, n int) list {
	var some list
	for range n {
		some = append(some, of[r.IntN(len(of))])
	}
	return some
}

func randomNames(r *rand.Rand) []string {
	var names []string
	for range 60 {
		name := some(r, "abAB", 1)
		for range 1 + r.IntN(3) {
			name += "." + some(r, "ab", 1)
		}
		names = append(names, name)
	}
	return names
}
