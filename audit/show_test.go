package audit

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What a line has is shown as the target's choice would have been, and what somebody else wrote is printable too.
func TestShow(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a.test": "a.test", `a\\b`: `a\\b`, `\xff`: `\xff`, "cut…": "cut…", "ü\u202e": `ü\u202e`, "\x1b[31m": `\u001b[31m`, "a\xff\nb": `a\xff\u000ab`, "\U000e0041": `\U000e0041`,
	} {
		if got := Show(in); got != want {
			t.Errorf("Show(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		got := Show(s)
		if strings.IndexFunc(got, func(r rune) bool { return !prints(r) }) >= 0 {
			t.Fatalf("Show(%q) = %q does not print", s, got)
		}
		if Show(got) != got {
			t.Fatalf("Show(%q) = %q, and of that %q", s, got, Show(got))
		}
		decoded := decode(t, []byte(`{"s":"`+string(appendEscaped(nil, s, MaxString, quoted, false))+`"}`+"\n"))["s"].(string)
		if want := Escape(s); len(want) < MaxString/2 && Show(decoded) != want {
			t.Fatalf("Show(%q) = %q, want %q", decoded, Show(decoded), want)
		}
	})
}
