package policy

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatchGlobAgreesWithRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		glob := rapid.StringMatching(`[ab.*?]{0,8}`).Draw(t, "glob")
		name := rapid.StringMatching(`[ab.]{0,10}`).Draw(t, "name")
		quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(glob))
		want := regexp.MustCompile(`\A` + quoted + `\z`).MatchString(name)
		if got := matchGlob(glob, name); got != want {
			t.Fatalf("matchGlob(%q, %q) = %t", glob, name, got)
		}
	})
}

// TestMatchGlobHostile bounds the steps by time that only an exponential matcher needs.
func TestMatchGlobHostile(t *testing.T) {
	if matchGlob(strings.Repeat("*a", 60)+"b", strings.Repeat("a", 253)) {
		t.Fatal("a name of a's alone ends with b")
	}
}

func TestCollapse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		most int
		want string
	}{{"a*b", 1, "a*b"}, {"a**b", 1, "a*b"}, {"a**b", 2, "a**b"}, {"***", 2, "*"}, {"**.***", 2, "**.*"}, {"", 1, ""}, {"**", 1, "*"}} {
		if got := collapse(tt.in, tt.most); got != tt.want {
			t.Errorf("collapse(%q, %d) = %q, want %q", tt.in, tt.most, got, tt.want)
		}
	}
}
