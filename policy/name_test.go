package policy

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		".":                       "",
		"a":                       "a",
		"Example.COM":             "example.com",
		"example.com.":            "example.com",
		"_kerberos._UDP.a.test":   "_kerberos._udp.a.test",
		"-a-.test":                "-a-.test",
		"1.2.0.192.in-addr.arpa.": "1.2.0.192.in-addr.arpa",
		"BÜCHER.test":             "xn--bcher-kva.test",
		"bu\u0308cher.test":       "xn--bcher-kva.test",
		"_ldap._tcp.bücher.test":  "_ldap._tcp.xn--bcher-kva.test",
		"xn--not-punycode-!":      "",
		"xn--zzzzz.test":          "xn--zzzzz.test",
		"a。test。":                 "a.test",
		"\u212a.test":             "k.test",
		"例え.テスト":                  "xn--r8jz45g.xn--zckzah",
	} {
		got, err := Normalise(in)
		if in == "xn--not-punycode-!" {
			if err == nil {
				t.Errorf("Normalise(%q) = %q, want an error", in, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("Normalise(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestNormaliseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"..":                              "empty label",
		".a":                              "empty label",
		"a..":                             "empty label",
		"a..b":                            "empty label",
		"a。.":                             "empty label",
		`a\.b.test`:                       `'\\' is not allowed`,
		`a\000.test`:                      `'\\' is not allowed`,
		"*.a.test":                        "'*' is not allowed",
		"a?.test":                         "'?' is not allowed",
		"＊.a.test":                        "stands for a glob",
		"a b":                             "' ' is not allowed",
		"a\u00a0b.test":                   "' ' is not allowed",
		"a\x00b":                          `'\x00' is not allowed`,
		"\xff\xfe.test":                   "not valid UTF-8",
		"a\u202eb.test":                   "cannot be encoded",
		"::1":                             "':' is not allowed",
		strings.Repeat("a", 64):           "more than 63",
		strings.Repeat("ü", 60) + ".test": "more than 63",
		strings.Repeat("\U00010380", 64):  "longer than 252",
		strings.Repeat("a.", 127) + "a":   "longer than 253",
		strings.Repeat("a", maxText+1):    "longer than 2048",
	} {
		got, err := Normalise(in)
		failure, ok := errors.AsType[*NameError](err)
		if !ok || !strings.Contains(failure.Problem, want) || got != "" || failure.Hint() == "" {
			t.Errorf("Normalise(%q) = %q, %v; want an error with %q", in, got, err, want)
		}
	}
}

func TestNormaliseKeepsTheCause(t *testing.T) {
	_, err := Normalise("a\u202eb.test")
	if failure, ok := errors.AsType[*NameError](err); !ok || failure.Unwrap() == nil {
		t.Fatalf("no cause in %#v", err)
	}
}

func TestLongestName(t *testing.T) {
	name := strings.Repeat("a.", 126) + "a"
	if got, err := Normalise(name + "."); len(name) != maxName || err != nil || got != name {
		t.Fatalf("a name of %d characters: %q, %v", len(name), got, err)
	}
}

// drawName gives names of few letters, so that rules and names meet.
func drawName(t *rapid.T, label string) string {
	return rapid.StringMatching(`[abc](\.[abc]){0,3}`).Draw(t, label)
}

func TestNormaliseProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zA-Z0-9_ü。ＡK-]{0,4}\.){0,3}[a-zA-Zß]{0,4}`).Draw(t, "text")
		checkNormalise(t, text)
	})
}

func checkNormalise(t rapid.TB, text string) {
	normal, err := Normalise(text)
	if err != nil {
		if normal != "" {
			t.Fatalf("Normalise(%q) gives %q beside %v", text, normal, err)
		}
		return
	}
	if again, err := Normalise(normal); err != nil || again != normal {
		t.Fatalf("Normalise(%q) = %q, normalised again %q, %v", text, normal, again, err)
	}
	if len(normal) > maxName || strings.HasSuffix(normal, ".") || !isASCII(normal) || ascii.Lower(normal) != normal {
		t.Fatalf("Normalise(%q) = %q", text, normal)
	}
	for _, variant := range []string{normal + ".", strings.ToUpper(normal)} {
		if got, err := Normalise(variant); err != nil || got != normal {
			t.Fatalf("Normalise(%q) = %q, %v; want %q", variant, got, err, normal)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("Bücher.test.")
	f.Fuzz(func(t *testing.T, text string) { checkNormalise(t, text) })
}
