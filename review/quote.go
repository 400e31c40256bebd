package review

import (
	"strconv"
	"unicode"
)

// prints reports whether r may stand for itself, on a terminal too.
func prints(r rune) bool {
	return r == ' ' || strconv.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// appendQuoted appends s, which is UTF-8, as a string of JSON whose every character prints.
func appendQuoted(dst []byte, s string) []byte {
	const surrogates, high, low = 0x10000, 0xd800, 0xdc00 // RFC 8259 section 7
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case prints(r):
			dst = append(dst, string(r)...)
		case r < surrogates:
			dst = appendHex(dst, r)
		default:
			dst = appendHex(appendHex(dst, high+(r-surrogates)>>10), low+(r-surrogates)&0x3ff)
		}
	}
	return append(dst, '"')
}

func appendHex(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
