package resolve

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// EXTRA-TEXT is UTF-8 (RFC 8914 section 2): a cut does not fall inside a character.
func TestExtraTextIsUTF8(t *testing.T) {
	a := Denied(question("a.corp"), DenyNXDomain, "x"+strings.Repeat("ü", 150))
	if text := a.ede[0].ExtraText; !utf8.ValidString(text) || len(text) > maxExtraText {
		t.Errorf("%d bytes, %q", len(text), text[len(text)-3:])
	}
}
