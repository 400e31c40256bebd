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

// some is a text of a length between two, of some letters.
func some(r *rand.Rand, letters string, least, most int) string {
	var text strings.Builder
	for range least + r.IntN(most-least+1) {
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
		pattern := []string{"", "", "*.", "**."}[r.IntN(4)] + stars.ReplaceAllString(some(r, "abAB.??**", 1, 6), "*") + domain
		if r.IntN(3) == 0 {
			p.allow, p.deny = append(p.allow, "**"+domain), append(p.deny, pattern)
		} else {
			p.allow = append(p.allow, pattern)
		}
		names = append(names, domain[1:])
		for range 5 {
			name := some(r, "abAB", 1, 2)
			for range r.IntN(3) {
				name += "." + some(r, "ab", 1, 2)
			}
			names = append(names, name+domain)
		}
	}
	return p, names
}
