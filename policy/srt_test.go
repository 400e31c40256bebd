package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSRT(t *testing.T) {
	const text = `{
  "filesystem": {"allowWrite": ["."], "network": {"allowedDomains": ["nested.test"]}},
  "network": {
    "allowedDomains": ["example.com", "*.npmjs.org", "API.github.com:443", "localhost", "[2001:db8::1]:443", "10.0.0.1", "büro.test", "a?.test", "[open.test", "[shut.test.]:443"],
    "deniedDomains": ["secret.npmjs.org", "registry.npmjs.org:22"]
  }
}`
	rules, err := ParseSRT("srt.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set := New(rules)
	for name, want := range map[string]Effect{
		"example.com": Allow, "www.example.com": Deny, "npmjs.org": Deny, "registry.npmjs.org": Allow, "secret.npmjs.org": Deny, "a.secret.npmjs.org": Allow,
		"api.github.com": Allow, "localhost": Allow, "10.0.0.1": Deny, "nested.test": Deny, "xn--bro-hoa.test": Deny, "ab.test": Deny, "open.test": Deny, "shut.test": Allow,
	} {
		if got := set.Decide(name); got.Effect != want {
			t.Errorf("%s: %v by %v", name, got.Effect, got.Rule)
		}
	}
	if got := rules[1].Origin.String(); got != "srt.json:4:39" {
		t.Errorf("*.npmjs.org is at %s", got)
	}
	rules, err = ParseSRT("settings.json", []byte(`{"sandbox": {"network": {"allowedDomains": ["old.test"]}, "network": {"deniedDomains": ["*"]}}}`))
	if err != nil || len(rules) != 1 || rules[0].Pattern.String() != "*" || rules[0].Effect != Deny {
		t.Errorf("Claude Code's: %v, %v", rules, err)
	}
}

func TestSRTRefuses(t *testing.T) {
	const list = `{"network": {"deniedDomains": [], "allowedDomains": [%s]}}`
	for _, entry := range []string{
		`"*"`, `"*.com"`, `"com"`, `"https://example.com"`, `"example.com/x"`, `"example.com."`, `".example.com"`, `"*.example.com."`, `"a*.test"`, `"a.test:0"`,
		`"a.test:65536"`, `"a.test:080"`, `"2001:db8::1"`, `"[::1]x"`, `"[::1"`, `1`, `null`, `["a.test"]`, `""`,
	} {
		_, err := ParseSRT("srt.json", []byte(fmt.Sprintf(list, entry)))
		if err == nil || !strings.HasPrefix(err.Error(), "srt.json:1:") {
			t.Errorf("%s: %v", entry, err)
		}
	}
	for _, text := range []string{
		``, ` `, `[]`, `{}`, `{"network": {"allowedDomains": []}}`, `{"network": {"allowedDomains": "a.test", "deniedDomains": []}}`, `{"network"`, `{"network": {`, `{} {}`, `{"a": tru}`, `{"network.allowedDomains": []}`,
		`{"network": {"allowedDomains": [], "deniedDomains": []}, "network": {}}`, `{"sandbox": {"network": {"allowedDomains": []}}, "sandbox": 1}`,
		`{"x": ` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `, "network": {"allowedDomains": [], "deniedDomains": []}}`,
	} {
		if rules, err := ParseSRT("srt.json", []byte(text)); err == nil {
			t.Errorf("%s: %v", text, rules)
		}
	}
}

// TestSRTPlaces: what is wrong with the JSON is told at its own place.
func TestSRTPlaces(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": tru}`:    "srt.json:1:10: JSON: invalid character '}' in literal true (expecting 'e')",
		"{\n\"a\" 1}":   "srt.json:2:5: JSON: invalid character '1' after object key",
		"{}\n {}":       "srt.json:2:2: JSON: more than one value",
		`"0",`:          "srt.json:1:4: JSON: more than one value",
		`{"network": {`: "srt.json:1:14: JSON: it ends too early",
		`{"network": {"allowedDomains": ["a.test", 1]}}`: "srt.json:1:43: network.allowedDomains must hold strings",
	} {
		if _, err := ParseSRT("srt.json", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestSRTRoundTrip writes what settings come to as our policy file, which decides the same.
func TestSRTRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.StringMatching(`(\*\.)?[abü]{1,2}(\.[ab-]{1,2}){1,2}(:1)?|localhost|\[::1\]:9|10\.0\.0\.1`)
		lists := map[string][]string{
			"allowedDomains": rapid.SliceOf(host).Draw(t, "allowed"),
			"deniedDomains":  rapid.SliceOf(rapid.OneOf(host, rapid.Just("*"))).Draw(t, "denied"),
		}
		text, err := json.Marshal(map[string]any{"network": lists})
		if err != nil {
			t.Fatal(err)
		}
		rules, err := ParseSRT("srt.json", text)
		if err != nil {
			t.Fatal(err)
		}
		names := rapid.SliceOfN(rapid.StringMatching(`[ab]{1,2}(\.[ab]{1,2}){0,2}|localhost`), 20, 20).Draw(t, "names")
		checkShown(t, &File{Rules: rules}, names)
	})
}

func FuzzParseSRT(f *testing.F) {
	f.Add([]byte(`{"network": {"allowedDomains": ["a.test", "*.b.test:443"], "deniedDomains": ["*"]}}`))
	f.Add([]byte(`{"sandbox": {"network": {"allowedDomains": ["[::1]:443"]}}}`))
	f.Add([]byte(`{"network": {"allowedDomains": ["\u0061.test", "ü.test", "]", "[::1]"], "deniedDomains": [ ]}, "x": [-2.5e+3, true, null, "\"]"]}`))
	f.Add([]byte(`"0",`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := ParseSRT("fuzz", data)
		for _, r := range rules {
			if r.Origin.Line < 1 {
				t.Errorf("%s has no place", r.Pattern)
			}
			if r.Effect == Allow && r.Pattern == (Pattern{kind: every}) {
				t.Error("* is allowed")
			}
		}
		if err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
