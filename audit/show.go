package audit

import "strings"

// Show gives a string of a line, once its JSON is decoded, as [Escape] would have given what the target chose: it is one
// printable line, a backslash is doubled already, and a … at the end says that it was cut. Of a line that somebody else wrote it
// is printable all the same.
func Show(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return show(s, i)
		}
	}
	return s
}

// show leaves what is before the first to be looked at alone.
func show(s string, first int) string {
	dst := append(make([]byte, 0, len(s)+16), s[:first]...)
	for s = s[first:]; len(s) > 0; {
		switch {
		case s[0] == '\\':
			dst, s = append(dst, '\\'), s[1:]
		case strings.HasPrefix(s, cut):
			dst, s = append(dst, cut...), s[len(cut):]
		default:
			var size int
			dst, size = appendUnit(dst, s, plain)
			s = s[size:]
		}
	}
	return string(dst)
}
