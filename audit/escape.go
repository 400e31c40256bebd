package audit

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// MaxString is how many bytes of a line one string takes at most, in UTF-8, its escapes and its … included.
const MaxString = 1024

// cut ends what was shortened; the source's own is written as bytes, so that it cannot pass for one.
const (
	cut     = "…"
	cutRune = '…'
)

// style is where an escaped string goes.
type style int

const (
	plain  style = iota // a line for people
	quoted              // between the quotes of a JSON string
)

// Escape gives s as one printable line of at most [MaxString] bytes: a backslash is doubled, a byte that is not part
// of valid UTF-8 is \xNN, a code point that does not print is \uNNNN or \UNNNNNNNN, and what was cut ends in "…".
func Escape(s string) string {
	return string(appendEscaped(make([]byte, 0, min(len(s), MaxString)), s, MaxString, plain, false))
}

// appendEscaped appends s in at most limit bytes, which must be room for a cut mark. With more, s was cut before.
func appendEscaped(dst []byte, s string, limit int, as style, more bool) []byte {
	start := len(dst)
	head := min(asIs(s), limit-len(cut))
	dst, s = append(dst, s[:head]...), s[head:]
	fit := len(dst)
	for len(s) > 0 {
		var size int
		dst, size = appendUnit(dst, s, as)
		if len(dst)-start > limit {
			more = true
			break
		}
		if len(dst)-start <= limit-len(cut) {
			fit = len(dst)
		}
		s = s[size:]
	}
	if more {
		return append(dst[:fit], cut...)
	}
	return dst
}

// isAsIs has the bytes that are the same escaped and not, whatever stands beside them.
var isAsIs = func() (same [256]bool) {
	for b := byte(' '); b < 0x7f; b++ {
		same[b] = b != '"' && b != '\\'
	}
	return same
}()

// asIs is how many bytes s begins with that are written as they are: all of most strings.
func asIs(s string) int {
	for i := range len(s) {
		if !isAsIs[s[i]] {
			return i
		}
	}
	return len(s)
}

// appendUnit appends the first code point or stray byte of s and says how many bytes it took.
func appendUnit(dst []byte, s string, as style) ([]byte, int) {
	if s[0] < utf8.RuneSelf {
		return appendASCII(dst, s[0], as), 1
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1, r == cutRune:
		for i := range size {
			dst = appendByte(dst, s[i], as)
		}
		return dst, size
	case !prints(r):
		return appendRune(dst, r, as), size
	default:
		return append(dst, s[:size]...), size
	}
}

// prints reports whether r may stand for itself: it leaves a mark of its own and moves no other.
func prints(r rune) bool {
	return strconv.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func appendASCII(dst []byte, b byte, as style) []byte {
	switch {
	case b == '\\' && as == quoted:
		return append(dst, `\\\\`...)
	case b == '\\':
		return append(dst, `\\`...)
	case b == '"' && as == quoted:
		return append(dst, `\"`...)
	case b < ' ' || b == 0x7f:
		return appendHex(append(dst, `\u00`...), uint32(b), 2)
	default:
		return append(dst, b)
	}
}

// appendByte appends \xNN, whose backslash JSON wants escaped in turn.
func appendByte(dst []byte, b byte, as style) []byte {
	if as == quoted {
		dst = append(dst, '\\')
	}
	return appendHex(append(dst, `\x`...), uint32(b), 2)
}

func appendRune(dst []byte, r rune, as style) []byte {
	const surrogateBase, high, low = 0x10000, 0xd800, 0xdc00 // RFC 8259 section 7
	switch {
	case r < surrogateBase:
		return appendHex(append(dst, `\u`...), uint32(r), 4)
	case as == plain:
		return appendHex(append(dst, `\U`...), uint32(r), 8)
	default:
		v := uint32(r - surrogateBase)
		dst = appendHex(append(dst, `\u`...), high+v>>10, 4)
		return appendHex(append(dst, `\u`...), low+v&0x3ff, 4)
	}
}

func appendHex(dst []byte, v uint32, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[v>>shift&0xf])
	}
	return dst
}
