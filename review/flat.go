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
	text    string
	at      int  // how far it is read
	escapes bool // there is a backslash somewhere
	slab    *[]string
}

// begin looks at the bytes of a line once. False: there are some that are no JSON, or that JSON would replace.
func (f *flat) begin(line string) bool {
	if !printable(line) && (!utf8.ValidString(line) || hasControl(line)) {
		return false
	}
	f.text, f.at, f.escapes = line, 0, strings.IndexByte(line, '\\') >= 0
	return true
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
	if f.at >= len(f.text) || f.text[f.at] != c {
		return false
	}
	f.at++
	return true
}

// peek is the next character, or 0.
func (f *flat) peek() byte {
	if f.at >= len(f.text) {
		return 0
	}
	return f.text[f.at]
}

// string reads a string.
func (f *flat) string() (string, bool) {
	if !f.take('"') {
		return "", false
	}
	rest := f.text[f.at:]
	end := strings.IndexByte(rest, '"')
	if end < 0 {
		return "", false
	}
	s := rest[:end]
	if f.escapes && strings.IndexByte(s, '\\') >= 0 {
		return f.escaped(rest)
	}
	f.at += end + 1
	return s, true
}

// escaped reads a string with escapes from behind its opening quote.
func (f *flat) escaped(rest string) (string, bool) {
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			f.at += i + 1
			return unescape(rest[:i])
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

// strings reads an array of strings, which is made of what is left of the slab.
func (f *flat) strings() ([]string, bool) {
	if !f.take('[') {
		return nil, false
	}
	if f.take(']') {
		return []string{}, true
	}
	slab := *f.slab
	for first := len(slab); ; {
		s, ok := f.string()
		if !ok {
			return nil, false
		}
		slab = append(slab, s)
		if f.take(']') {
			*f.slab = slab
			return slab[first:len(slab):len(slab)], true
		}
		if !f.take(',') {
			return nil, false
		}
	}
}

// number reads a whole number of at most 18 digits.
func (f *flat) number() (int64, bool) {
	negative := f.take('-')
	n, first := int64(0), f.at
	for c := f.peek(); '0' <= c && c <= '9'; c = f.peek() {
		n = 10*n + int64(c-'0')
		if f.at++; f.at-first > 18 {
			return 0, false
		}
	}
	if f.at == first || f.text[first] == '0' && f.at-first > 1 {
		return 0, false
	}
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
	switch rest := f.text[f.at:]; {
	case strings.HasPrefix(rest, "true"):
		f.at += len("true")
		return true, true
	case strings.HasPrefix(rest, "false"):
		f.at += len("false")
		return false, true
	}
	return false, false
}
