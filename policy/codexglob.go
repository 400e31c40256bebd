package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// hostBytes are the characters of the names that rules are about.
const hostBytes = "-.0123456789_abcdefghijklmnopqrstuvwxyz"

// mostGlobs bounds what a glob with classes and alternatives comes to.
const mostGlobs = 1024

var errManyGlobs = fmt.Errorf("its classes and alternatives come to more than %d patterns", mostGlobs)

// expandGlob turns a glob in the language of Rust's globset, which Codex uses, into globs of '*' and '?' alone that match the
// same names together: classes and alternatives are written out, in lower case. None is left of what no name can match.
func expandGlob(text string) ([]string, error) {
	e := expansion{[]rune(text)}
	globs, _, err := e.sequence(false)
	slices.Sort(globs)
	return slices.Compact(globs), err
}

// expansion is what is still to be read of a glob.
type expansion struct{ rest []rune }

func (e *expansion) take() rune {
	c := e.rest[0]
	e.rest = e.rest[1:]
	return c
}

func (e *expansion) next(c rune) bool { return len(e.rest) > 0 && e.rest[0] == c }

// sequence reads to the end, or to the comma or brace that ends an alternative. It reports whether there was anything.
func (e *expansion) sequence(alternative bool) (globs []string, any bool, err error) {
	globs = []string{""}
	for leading := true; len(e.rest) > 0; any = true {
		if alternative && (e.next(',') || e.next('}')) {
			break
		}
		parts, nothing, err := e.token(leading)
		if err != nil {
			return nil, true, err
		}
		leading = leading && nothing
		if globs, err = product(globs, parts); err != nil {
			return nil, true, err
		}
	}
	return globs, any, nil
}

// product joins each of some with each of others.
func product(some, others []string) ([]string, error) {
	if len(some)*len(others) > mostGlobs {
		return nil, errManyGlobs
	}
	var all []string
	for _, head := range some {
		for _, tail := range others {
			all = append(all, head+tail)
		}
	}
	return all, nil
}

// token reads one and returns what it may be; nothing is of "**/", which stands for no directory at all where it leads.
func (e *expansion) token(leading bool) (parts []string, nothing bool, err error) {
	switch c := e.take(); c {
	case '\\':
		if len(e.rest) == 0 {
			return nil, false, errors.New(`it ends in a \`)
		}
		return literal(e.take()), false, nil
	case '*':
		if leading && len(e.rest) > 1 && e.rest[0] == '*' && e.rest[1] == '/' {
			e.rest = e.rest[2:]
			return []string{""}, true, nil
		}
		return []string{"*"}, false, nil
	case '?':
		return []string{"?"}, false, nil
	case '[':
		parts, err = e.class()
	case '{':
		parts, err = e.alternatives()
	case '}':
		err = errors.New("it has a } without its {")
	default:
		parts = literal(c)
	}
	return parts, false, err
}

// alternatives are those after a brace. An empty one is none, but where all are empty.
func (e *expansion) alternatives() ([]string, error) {
	var all []string
	some := false
	for {
		globs, any, err := e.sequence(true)
		switch {
		case err != nil:
			return nil, err
		case len(e.rest) == 0:
			return nil, errors.New("it has a { without its }")
		case any:
			all, some = append(all, globs...), true
		}
		if len(all) > mostGlobs {
			return nil, errManyGlobs
		}
		if e.take() == '}' {
			break
		}
	}
	if !some {
		return []string{""}, nil
	}
	return all, nil
}

// class reads what follows a bracket: the characters of names that are of the class.
func (e *expansion) class() ([]string, error) {
	negated := e.next('!') || e.next('^')
	if negated {
		e.take()
	}
	ranges, err := e.ranges()
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, c := range hostBytes {
		within := slices.ContainsFunc(ranges, func(r [2]rune) bool {
			upper := []rune(strings.ToUpper(string(c)))[0]
			return r[0] <= c && c <= r[1] || r[0] <= upper && upper <= r[1]
		})
		if within != negated {
			parts = append(parts, string(c))
		}
	}
	return parts, nil
}

// ranges reads to the end of a class. A bracket that comes first, and a hyphen at either end, are themselves.
func (e *expansion) ranges() ([][2]rune, error) {
	var ranges [][2]rune
	open := false // a hyphen after a character was read
	for {
		if len(e.rest) == 0 {
			return nil, errors.New("it has a [ without its ]")
		}
		c, last := e.take(), len(ranges)-1
		switch {
		case c == ']' && last >= 0:
			if open {
				ranges = append(ranges, [2]rune{'-', '-'})
			}
			return ranges, nil
		case c == '-' && last >= 0 && !open:
			open = true
		case open:
			ranges[last][1], open = c, false
			if c < ranges[last][0] {
				return nil, fmt.Errorf("the range %c-%c goes backwards", ranges[last][0], c)
			}
		default:
			ranges = append(ranges, [2]rune{c, c})
		}
	}
}

// literal is a character as names have it; nothing where none has.
func literal(c rune) []string {
	if c >= utf8.RuneSelf {
		return nil
	}
	lower := lowerASCII(string(c))
	if !strings.Contains(hostBytes, lower) {
		return nil
	}
	return []string{lower}
}
