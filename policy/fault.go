package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type faultKind uint8

const (
	sound faultKind = iota
	badCharacter
	emptyLabel
	longLabel
	longName
)

// fault is what is wrong with a name; the zero value is nothing. It is a value so that looking costs no allocation.
type fault struct {
	kind faultKind
	char rune // of badCharacter
}

func (f fault) String() string {
	switch f.kind {
	case badCharacter:
		return fmt.Sprintf("%q is not allowed in a name", f.char)
	case emptyLabel:
		return "it has an empty label"
	case longLabel:
		return fmt.Sprintf("it has a label of more than %d characters", maxLabel)
	case longName:
		return fmt.Sprintf("it is longer than %d characters", maxName)
	default:
		return ""
	}
}

// inspect looks for what keeps an ASCII text from being a normalised name, with globs if wild. The root is sound.
func inspect(name string, wild bool) fault {
	if name == "" {
		return fault{}
	}
	long := len(name) > maxName
	label, stars := 0, 0
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '.':
			if label == 0 {
				return fault{kind: emptyLabel}
			}
			label, stars = 0, 0
			continue
		case !labelByte(c) && (!wild || c != '*' && c != '?'):
			char, _ := utf8.DecodeRuneInString(name[i:])
			return fault{kind: badCharacter, char: char}
		case c == '*':
			stars++
		}
		if label++; label-stars > maxLabel {
			return fault{kind: longLabel}
		}
	}
	switch {
	case strings.HasSuffix(name, "."):
		return fault{kind: emptyLabel}
	case long:
		return fault{kind: longName}
	}
	return fault{}
}

func labelByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
