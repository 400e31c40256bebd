package policy

import (
	"fmt"
	"strconv"
	"strings"
)

type definition uint8

const (
	value    definition = iota + 1 // a value, or a table in braces: closed
	implied                        // a table that a header below it implies
	headed                         // a table with its own [header]
	dottedIn                       // a table that a dotted key made
)

// tables knows what is defined so far, to refuse what TOML 1.0 refuses: a key or a table defined twice, or a table
// extended from elsewhere than where it was defined. go-toml's own check is quadratic in the number of keys.
type tables map[string]definition

// header notes [path]. It returns what is wrong, or "".
func (t tables) header(path []string) string {
	for i := range len(path) - 1 {
		switch key := joined(path[:i+1]); t[key] {
		case 0:
			t[key] = implied
		case value:
			return fmt.Sprintf("%s is a value already, not a table", key)
		case implied, headed, dottedIn:
		}
	}
	key := joined(path)
	if was := t[key]; was != 0 && was != implied {
		return key + " is already defined"
	}
	t[key] = headed
	return ""
}

// keyValue notes the key at path, of which the first base parts are the table it stands in.
func (t tables) keyValue(path []string, base int) string {
	for i := base; i < len(path)-1; i++ {
		switch key := joined(path[:i+1]); t[key] {
		case 0:
			t[key] = dottedIn
		case value:
			return fmt.Sprintf("%s is a value already, not a table", key)
		case implied, headed:
			return key + " is already defined"
		case dottedIn:
		}
	}
	key := joined(path)
	if t[key] != 0 {
		return key + " is already defined"
	}
	t[key] = value
	return ""
}

// joined writes a path as TOML does, quoted where a bare key cannot be.
func joined(path []string) string {
	parts := make([]string, len(path))
	for i, part := range path {
		if parts[i] = part; part == "" || strings.ContainsFunc(part, quoted) {
			parts[i] = strconv.Quote(part)
		}
	}
	return strings.Join(parts, ".")
}

func quoted(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
