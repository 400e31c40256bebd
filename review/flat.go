package review

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// flat reads a line of the form that audit.Log writes: one object without spaces, whose values are strings, whole
// numbers, true and arrays of strings. It gives up on anything else, which then is encoding/json's; what it takes, it reads as
// encoding/json does, about ten times as fast.
type flat struct {
	text    string // what is left to read
	escapes bool   // there is a backslash somewhere
}

// newFlat looks at the bytes of a line once. False: there are some that are no JSON, or that JSON would replace.
func newFlat(line string) (flat, bool) {
	if !printable(line) && (!utf8.ValidString(line) || hasControl(line)) {
		return flat{}, false
	}
	return flat{line, strings.IndexByte(line, '\\') >= 0}, true
}

const (
	eachHigh = 0x8080808080808080
	eachOne  = 0x0101010101010101
)

// printable reports whether s is ASCII without control characters, eight bytes at a time.
func printable(s string) bool {
	for len(s) >= 8 {
		w := load(s)
		if (w|(w-0x20*eachOne))&eachHigh != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// load is the first eight bytes of s as one number, which the compiler makes one instruction of.
func load(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return true
		}
	}
	return false
}

// take reads one character that must be there.
func (f *flat) take(c byte) bool {
	if f.text == "" || f.text[0] != c {
		return false
	}
	f.text = f.text[1:]
	return true
}

// peek is the next character, or 0.
func (f *flat) peek() byte {
	if f.text == "" {
		return 0
	}
	return f.text[0]
}

// string reads a string.
func (f *flat) string() (string, bool) {
	if !f.take('"') {
		return "", false
	}
	end := strings.IndexByte(f.text, '"')
	if end < 0 {
		return "", false
	}
	s := f.text[:end]
	if f.escapes && strings.IndexByte(s, '\\') >= 0 {
		return f.escaped()
	}
	f.text = f.text[end+1:]
	return s, true
}

// escaped reads the rest of a string with escapes.
func (f *flat) escaped() (string, bool) {
	for i := 0; i < len(f.text); i++ {
		switch f.text[i] {
		case '\\':
			i++
		case '"':
			s, ok := unescape(f.text[:i])
			f.text = f.text[i+1:]
			return s, ok
		}
	}
	return "", false
}

// unescape gives what stands between the quotes of a JSON string.
func unescape(s string) (string, bool) {
	buf := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return string(append(buf, s...)), true
		}
		if i+1 == len(s) || s[i+1] != '\\' && s[i+1] != '"' {
			return unescapeRest(buf, s)
		}
		buf = append(append(buf, s[:i]...), s[i+1])
		s = s[i+2:]
	}
}

// unescapeRest leaves the rarer escapes to encoding/json.
func unescapeRest(buf []byte, s string) (string, bool) {
	var rest string
	if err := json.Unmarshal([]byte(`"`+s+`"`), &rest); err != nil {
		return "", false
	}
	return string(append(buf, rest...)), true
}

// strings reads an array of strings.
func (f *flat) strings() ([]string, bool) {
	if !f.take('[') {
		return nil, false
	}
	list := make([]string, 0, 4)
	if f.take(']') {
		return list, true
	}
	for {
		s, ok := f.string()
		if !ok {
			return nil, false
		}
		list = append(list, s)
		if f.take(']') {
			return list, true
		}
		if !f.take(',') {
			return nil, false
		}
	}
}

// number reads a whole number of at most 18 digits.
func (f *flat) number() (int64, bool) {
	negative := f.take('-')
	n, i := int64(0), 0
	for i < len(f.text) && '0' <= f.text[i] && f.text[i] <= '9' {
		n = 10*n + int64(f.text[i]-'0')
		i++
		if i > 18 {
			return 0, false
		}
	}
	if i == 0 || f.text[0] == '0' && i > 1 {
		return 0, false
	}
	f.text = f.text[i:]
	if c := f.peek(); c != ',' && c != '}' {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// bool reads true or false.
func (f *flat) bool() (value, ok bool) {
	if rest, ok := strings.CutPrefix(f.text, "true"); ok {
		f.text = rest
		return true, true
	}
	rest, ok := strings.CutPrefix(f.text, "false")
	if ok {
		f.text = rest
	}
	return false, ok
}
