package review

import (
	"hash/maphash"
	"math"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Many is how many names below one registrable domain look like data, whatever they are.
const Many = 100

// What a name may have beyond what names have.
const (
	longLabel  = 40 // bytes; labels that people choose are shorter, though 63 may be had
	longNames  = 100
	shortLabel = 16 // below it nothing can be told of a label
	shortWords = 20 // of one with hyphens
)

// What [Judge.Look] says beside what [LooksLikeData] does.
const (
	overBudget = "over the budget"
	oneOfMany  = "one of many below its domain"
)

// Domain is the registrable domain of a name, one label below a public suffix; the name itself where it is one, or an address.
func Domain(name string) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return name
	}
	return domain
}

// LooksLikeData says what about a name, taken by itself, looks as if it carried data out, or "". The registrable domain
// is left out of it: whoever receives data has chosen that.
func LooksLikeData(name string) string {
	below, ok := strings.CutSuffix(name, "."+Domain(name))
	switch {
	case !ok:
		return ""
	case strings.Contains(below, `\`) || !printable(below):
		return "octets that host names do not have"
	case len(below) > longNames:
		return "long"
	}
	for label := range strings.SplitSeq(below, ".") {
		if why := labelLooks(label); why != "" {
			return why
		}
	}
	return ""
}

// labelLooks judges one label.
func labelLooks(label string) string {
	if strings.HasPrefix(label, "xn--") {
		return "" // letters of other scripts, which look like anything
	}
	switch {
	case len(label) >= longLabel:
		return "a long label"
	case len(label) >= shortLabel && (len(label) >= shortWords || !strings.Contains(label, "-")) && random(label):
		return "a label of random characters"
	}
	return ""
}

// random reports whether a label looks like hexadecimal digits, base32 or base64: hardly a character is there more often than
// others, and digits stand among letters, or no vowels.
func random(label string) bool {
	var digits, changes, run, longest int
	before := byte(0)
	counts := [256]int{}
	for i := range len(label) {
		c := label[i] | 0x20
		kind := kindOf(c)
		counts[c]++
		if kind == 'd' {
			digits++
		}
		if i > 0 && kind != before && kind != '-' && before != '-' && (kind == 'd' || before == 'd') {
			changes++
		}
		if run++; kind != 'c' {
			run = 0
		}
		longest = max(longest, run)
		before = kind
	}
	bits := entropy(counts[:], len(label))
	return bits >= 3 && (changes >= 5 && digits >= 4 || bits >= 3.5 && (changes >= 3 || longest >= 6))
}

// kindOf is d for a digit, v for a vowel, c for a consonant, - for what stands between words.
func kindOf(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return 'd'
	case strings.IndexByte("aeiouy", c) >= 0:
		return 'v'
	case 'a' <= c && c <= 'z':
		return 'c'
	}
	return '-'
}

// entropy is Shannon's, in bits a character.
func entropy(counts []int, n int) float64 {
	bits := 0.0
	for _, count := range counts {
		if count > 0 {
			p := float64(count) / float64(n)
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// Judge says of events, one after the other, which ask for names that look like data. Beside what [LooksLikeData] sees of one
// name it knows of those before: [Many] below one registrable domain look like data too, from then on. It is one goroutine's,
// and its memory is bounded; make one with [NewJudge].
type Judge struct {
	seed    maphash.Seed
	domains map[string]map[uint64]struct{}
}

// maxJudged is how many domains are watched at once. One of those with few names makes room.
const maxJudged = 10_000

// NewJudge makes a judge that has seen nothing.
func NewJudge() *Judge {
	return &Judge{maphash.MakeSeed(), map[string]map[uint64]struct{}{}}
}

// Look says what about the name of an event looks like data, or "".
func (j *Judge) Look(e *Event) string {
	switch {
	case !e.Asked():
		return ""
	case e.Reason == audit.ReasonBudget:
		return overBudget
	}
	if why := LooksLikeData(e.ServerAddress); why != "" {
		return why
	}
	if j.many(e.ServerAddress) {
		return oneOfMany
	}
	return ""
}

// many counts a name, and reports whether there are many below its domain.
func (j *Judge) many(name string) bool {
	domain := Domain(name)
	names := j.domains[domain]
	if names == nil {
		if len(j.domains) >= maxJudged {
			j.forget()
		}
		names = map[uint64]struct{}{}
		j.domains[strings.Clone(domain)] = names
	}
	if len(names) < Many {
		names[maphash.String(j.seed, name)] = struct{}{}
	}
	return len(names) >= Many
}

// forget makes room: domains of one name first, which most are.
func (j *Judge) forget() {
	for few := 1; len(j.domains) > maxJudged/2; few *= 4 {
		for domain, names := range j.domains {
			if len(names) <= few {
				delete(j.domains, domain)
			}
		}
	}
}
