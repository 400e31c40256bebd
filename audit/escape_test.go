package audit

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// unescape gives the bytes that an escaped text, decoded from JSON or out of Escape, was made of, and whether there
// were more. It is the scheme of the package's doc, read backwards.
func unescape(t rapid.TB, text string) (source string, more bool) {
	t.Helper()
	text, more = strings.CutSuffix(text, "…")
	var b strings.Builder
	for text != "" {
		if text[0] != '\\' {
			_, size := utf8.DecodeRuneInString(text)
			b.WriteString(text[:size])
			text = text[size:]
			continue
		}
		if len(text) < 2 {
			t.Fatalf("a backslash alone at the end")
		}
		digits := map[byte]int{'\\': 0, 'x': 2, 'u': 4, 'U': 8}[text[1]]
		code := text[2 : 2+digits]
		switch v, err := strconv.ParseUint(code, 16, 32); {
		case text[1] == '\\':
			b.WriteByte('\\')
		case err != nil:
			t.Fatalf("escape %q: %v", text[:2+digits], err)
		case text[1] == 'x':
			b.WriteByte(byte(v))
		default:
			b.WriteRune(rune(v))
		}
		text = text[2+digits:]
	}
	return b.String(), more
}

// checkPrintable fails where s is not one line of UTF-8 that neither steers a terminal nor moves text about.
func checkPrintable(t rapid.TB, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("not UTF-8: %q", s)
	}
	for _, r := range s {
		checkRune(t, r)
	}
}

// checkRune fails where r steers, hides, or means nothing.
func checkRune(t rapid.TB, r rune) {
	if r < 0x7f && r >= ' ' {
		return
	}
	if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector) {
		t.Fatalf("U+%04X stands for itself", r)
	}
}

// hostile draws strings that mix what a target would try.
func hostile() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"a", "example.", "ü", "中", "\x00", "\n", "\r", "\x1b[2J", "\x7f", "\u0080", "\u009b", "\u061c", "\u200b", "\u200d",
		"\u202e", "\u2028", "\u2029", "\u2066", "\ufeff", "\ufffd", "\ufe0f", "\u3164", "\U000e0001", "\U0010ffff", "😀",
		"…", "\xe2\x80", "\xff", "\xc0\xaf", "\xed\xa0\x80", `\`, `\x41`, `"`, "</script>", "\u00a0",
	})
	mixed := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(pieces, 0, 40).Draw(t, "pieces"), "")
	})
	raw := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 2000), func(b []byte) string { return string(b) })
	return rapid.OneOf(mixed, raw, rapid.String())
}

func TestEscape(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", `--flag="a b"`, `--flag="a b"`},
		{"letters", "büro.中国.😀", "büro.中国.😀"},
		{"newline", "a\nb\r", `a\u000ab\u000d`},
		{"terminal", "\x1b[31m\x07", `\u001b[31m\u0007`},
		{"delete and C1", "\x7f\u009b", `\u007f\u009b`},
		{"bidi", "a\u202eb\u2066", `a\u202eb\u2066`},
		{"separators", "\u2028\u2029\u00a0", `\u2028\u2029\u00a0`},
		{"invisible letter", "\u3164\ufe0f", `\u3164\ufe0f`},
		{"tag", "\U000e0041", `\U000e0041`},
		{"invalid", "\xff\xc0\xaf", `\xff\xc0\xaf`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"truncated", "a\xe2\x80", `a\xe2\x80`},
		{"real replacement character", "\ufffd", "\ufffd"},
		{"backslash", `C:\xff`, `C:\\xff`},
		{"ellipsis of its own", "a…", `a\xe2\x80\xa6`},
		{"as long as may be", strings.Repeat("a", MaxString), strings.Repeat("a", MaxString)},
		{"one too long", strings.Repeat("a", MaxString+1), strings.Repeat("a", MaxString-3) + "…"},
		{"no half escape", strings.Repeat("a", MaxString-4) + "\n.", strings.Repeat("a", MaxString-4) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Escape(tt.in); got != tt.want {
				t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestEscapeIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkEscape(t, hostile().Draw(t, "source")) })
}

func FuzzEscape(f *testing.F) {
	f.Fuzz(func(t *testing.T, s string) { checkEscape(t, s) })
}

func checkEscape(t rapid.TB, s string) {
	t.Helper()
	text := Escape(s)
	checkPrintable(t, text)
	if len(text) > MaxString {
		t.Fatalf("%d bytes", len(text))
	}
	back, more := unescape(t, text)
	if more && (!strings.HasPrefix(s, back) || len(back) >= len(s)) || !more && back != s {
		t.Fatalf("%q became %q and then %q (more: %v)", s, text, back, more)
	}
}

// Every code point stands for itself or is written in plain ASCII, and none of the categories that steer is forgotten.
func TestEveryCodePoint(t *testing.T) {
	var buf []byte
	for r := range rune(unicode.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		source := string(r)
		for _, as := range []style{plain, quoted} {
			buf = appendEscaped(buf[:0], source, MaxString, as, false)
			if string(buf) == source {
				checkRune(t, r)
			} else if bytes.ContainsFunc(buf, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("U+%04X became %q", r, buf)
			}
		}
	}
}

func BenchmarkEscape(b *testing.B) {
	s := strings.Repeat("www.example.test ", 10)
	b.ReportAllocs()
	for b.Loop() {
		Escape(s)
	}
}
