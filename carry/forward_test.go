package carry

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// written is a forward as one line: where it listens, and its targets.
func written(f Forward) string {
	var at, to []string
	for _, a := range f.Listen {
		at = append(at, a.String())
	}
	for _, a := range f.Target {
		to = append(to, a.String())
	}
	return fmt.Sprintf("%s -> %s", strings.Join(at, " "), strings.Join(to, " "))
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"3128":                        "127.0.0.1:3128 [::1]:3128 -> 127.0.0.1:3128 [::1]:3128",
		"localhost:3128":              "127.0.0.1:3128 [::1]:3128 -> 127.0.0.1:3128 [::1]:3128",
		"LocalHost:3128":              "127.0.0.1:3128 [::1]:3128 -> 127.0.0.1:3128 [::1]:3128",
		"127.0.0.1:3128":              "127.0.0.1:3128 -> 127.0.0.1:3128",
		"127.1.2.3:80":                "127.1.2.3:80 -> 127.1.2.3:80",
		"[::1]:80":                    "[::1]:80 -> [::1]:80",
		"[::ffff:127.0.0.1]:80":       "127.0.0.1:80 -> 127.0.0.1:80",
		"8080:3128":                   "127.0.0.1:8080 [::1]:8080 -> 127.0.0.1:3128 [::1]:3128",
		"127.0.0.1:8080:3128":         "127.0.0.1:8080 -> 127.0.0.1:3128 [::1]:3128",
		"8080:127.0.0.2:3128":         "127.0.0.1:8080 [::1]:8080 -> 127.0.0.2:3128",
		"8080:[::1]:3128":             "127.0.0.1:8080 [::1]:8080 -> [::1]:3128",
		"[::1]:8080:[2001:db8::1]:80": "[::1]:8080 -> [2001:db8::1]:80",
		"88:kdc.example.test:88":      "127.0.0.1:88 [::1]:88 -> kdc.example.test:88",
		"5432:unix:/run/a:b":          "127.0.0.1:5432 [::1]:5432 -> unix:/run/a:b",
		"127.0.0.1:5432:unix:/run/a":  "127.0.0.1:5432 -> unix:/run/a",
		"65535":                       "127.0.0.1:65535 [::1]:65535 -> 127.0.0.1:65535 [::1]:65535",
	} {
		f, err := Parse(text)
		if got := written(f); err != nil || got != want || f.Text != text || f.Auto {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "no port",
		"0":                    "no port",
		"65536":                "no port",
		"http":                 "no port",
		":80":                  "no port",
		"53":                   "where names are resolved",
		"127.0.0.1:53:5353":    "where names are resolved",
		"10.0.0.1:80":          "no loopback address",
		"0.0.0.0:80":           "no loopback address",
		"example.test:80":      "no loopback address",
		"[::]:80":              "no loopback address",
		"[::1%lo]:80":          "no loopback address",
		"[::1]":                "no ]:",
		"[::1":                 "no ]:",
		"::1:80":               "no port",
		"unix:/run/a":          "no port to listen on",
		"80:unix:run/a":        "no absolute path",
		"80:unix:":             "no absolute path",
		"80:":                  "no port",
		"80:0":                 "the target's",
		"80:example.test":      "no HOST:PORT",
		"80::81":               "no HOST:PORT",
		"80:example.test:http": "the target's",
	} {
		_, err := Parse(text)
		var bad *SpecError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || bad.Hint() == "" {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

// Whatever is written, a forward listens on loopback alone, not where names are resolved, and leads somewhere.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"3128", "[::1]:80:unix:/a", "127.0.0.1:8080:localhost:1", "localhost:1:[::1]:2", "::ffff:127.0.0.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		forward, err := Parse(text)
		if err != nil {
			return
		}
		for _, at := range forward.Listen {
			if !at.Addr().IsLoopback() || at.Addr().Is4In6() || at.Port() == 0 || at.Port() == stubPort {
				t.Errorf("%q listens on %s", text, at)
			}
		}
		if len(forward.Listen) == 0 || len(forward.Target) == 0 {
			t.Errorf("%q: %s", text, written(forward))
		}
	})
}
