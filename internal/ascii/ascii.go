// Package ascii has the only case that names in DNS have: that of the letters A to Z (RFC 4343).
package ascii

// Lower gives s in lower case. All octets but A to Z stay as they are, invalid UTF-8 included: U+212A, the Kelvin sign, does not become a k. It
// does not allocate where there is nothing to do.
func Lower(s string) string {
	for i := range len(s) {
		if isUpper(s[i]) {
			b := []byte(s)
			ToLower(b[i:])
			return string(b)
		}
	}
	return s
}

// ToLower is [Lower] in place.
func ToLower(b []byte) {
	for i, c := range b {
		if isUpper(c) {
			b[i] = c + 'a' - 'A'
		}
	}
}

func isUpper(b byte) bool { return 'A' <= b && b <= 'Z' }
