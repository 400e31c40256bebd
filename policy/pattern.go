package policy

import (
	"net/netip"
	"strconv"
	"strings"
)

type patternKind uint8

const (
	nothing    patternKind = iota // body: what was written
	exact                         // body: the name
	below                         // *.body
	atAndUnder                    // **.body
	glob                          // body: the glob
	globBelow                     // *.glob; body is "?*." and the glob
	globBoth                      // **.glob; body as above
	every                         // *
	address                       // body: the address as netip writes it
)

// subdomain is the glob of "something and a dot" that Codex puts in place of "*.".
const subdomain = "?*."

// Pattern says which names a rule is about. Patterns are comparable; equal ones match the same names. The zero value
// matches nothing. See the package for the forms.
type Pattern struct {
	kind patternKind
	body string
}

// ParsePattern reads one pattern: case, a trailing dot and U-labels are normalised. The error is a [*PatternError].
func ParsePattern(s string) (Pattern, error) {
	if body, ok := parseAddress(s); ok {
		return Pattern{address, body}, nil
	}
	if s != "" && inspect(s, false).kind == sound { // as most are
		return Pattern{exact, s}, nil
	}
	ascii, err := toASCII(s)
	if err != nil {
		return Pattern{}, &PatternError{Pattern: cut(s), Problem: err.Error(), Err: err}
	}
	prefix, rest := cutWildcard(collapse(ascii, 2))
	rest = strings.TrimSuffix(collapse(rest, 1), ".")
	switch {
	case rest == "" && prefix == "":
		return Pattern{}, &PatternError{Pattern: cut(s), Problem: "it names nothing"}
	case rest == "":
		return Pattern{}, &PatternError{Pattern: cut(s), Problem: "it has no name after the wildcard"}
	}
	if f := inspect(rest, true); f.kind != sound {
		return Pattern{}, &PatternError{Pattern: cut(s), Problem: f.String(), char: f.char}
	}
	return classify(prefix, rest), nil
}

// cutWildcard splits what Codex takes for a prefix off a pattern.
func cutWildcard(s string) (prefix, rest string) {
	for _, prefix := range []string{"**.", "*."} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return prefix, rest
		}
	}
	return "", s
}

func classify(prefix, rest string) Pattern {
	wild := strings.ContainsAny(rest, "*?")
	switch {
	case prefix == "" && rest == "*":
		return Pattern{kind: every}
	case prefix == "" && wild:
		return Pattern{glob, rest}
	case prefix == "":
		return Pattern{exact, rest}
	case prefix == "*." && wild:
		return Pattern{globBelow, subdomain + rest}
	case prefix == "*.":
		return Pattern{below, rest}
	case wild:
		return Pattern{globBoth, subdomain + rest}
	default:
		return Pattern{atAndUnder, rest}
	}
}

// String is the normalised text: ParsePattern of it gives the same pattern. Of one that matches nothing it is what was written.
func (p Pattern) String() string {
	switch p.kind {
	case below:
		return "*." + p.body
	case atAndUnder:
		return "**." + p.body
	case globBelow:
		return "*." + p.body[len(subdomain):]
	case globBoth:
		return "**." + p.body[len(subdomain):]
	case every:
		return "*"
	default:
		return p.body
	}
}

// Exact reports whether the pattern is one name, without a wildcard.
func (p Pattern) Exact() bool { return p.kind == exact }

// Match reports whether a normalised name is one of the pattern's. What is not normalised matches nothing, and an
// address matches no name, its own text neither.
func (p Pattern) Match(name string) bool {
	return inspect(name, false).kind == sound && p.match(name)
}

// match is Match for any text.
func (p Pattern) match(name string) bool {
	switch p.kind {
	case exact:
		return name == p.body
	case below:
		return isBelow(name, p.body)
	case atAndUnder:
		return name == p.body || isBelow(name, p.body)
	case glob, globBelow:
		return matchGlob(p.body, name)
	case globBoth:
		return matchGlob(p.body[len(subdomain):], name) || matchGlob(p.body, name)
	case every:
		return true
	default:
		return false
	}
}

func isBelow(name, domain string) bool {
	return len(name) > len(domain)+1 && strings.HasSuffix(name, domain) && name[len(name)-len(domain)-1] == '.'
}

// parseAddress reads an address literal in the forms that Codex takes: bare, in brackets, with a zone after % or %25.
func parseAddress(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".")
	if s == "" || !strings.Contains(s, ":") && !isDigit(s[len(s)-1]) {
		return "", false // netip makes an error
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		s, ok = strings.CutSuffix(inner, "]")
		if !ok || !strings.Contains(s, ":") {
			return "", false
		}
	}
	addr, zone, scoped := strings.Cut(s, "%")
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return "", false
	}
	if !scoped {
		return ip.String(), true
	}
	zone = strings.TrimPrefix(zone, "25")
	if !ip.Is6() || zone == "" || len(zone) > maxLabel || inspect(strings.ToLower(zone), false).kind != sound {
		return "", false
	}
	return ip.WithZone(zone).String(), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// PatternError says why a text is no pattern.
type PatternError struct {
	Pattern string // as it was written, maybe cut
	Problem string // "',' is not allowed in a name"
	Err     error  // the cause, or nil
	char    rune   // the character that is not allowed
}

func (e *PatternError) Error() string {
	return "pattern " + strconv.Quote(e.Pattern) + ": " + e.Problem
}

// Unwrap returns the cause, or nil.
func (e *PatternError) Unwrap() error { return e.Err }

// Hint says what is accepted.
func (e *PatternError) Hint() string {
	const forms = "a pattern is example.com, *.example.com (its subdomains), **.example.com (both), or has * and ? as globs"
	switch e.char {
	case ',', ' ', ';':
		return "one pattern each: repeat the flag, or write one key each in a policy file; " + forms
	case '/', ':', '@':
		return "a name alone, without scheme, user, port or path; " + forms
	case '[', ']', '{', '}', '!':
		return "only * and ? are globs; " + forms
	}
	return forms
}
