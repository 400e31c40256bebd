package resolve

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// An owner written with escapes is the name that it means.
func TestEscapedOwner(t *testing.T) {
	r := resolver(t, Config{Records: records(t, "\\097.test. A 192.0.2.1\nx.test. CNAME \\097.te\\115t.\n")})
	for _, name := range []string{"a.test", "x.test"} {
		if a, ok := r.Cached(question(name), Chain{}); !ok || len(a.Answers()) == 0 || a.Answers()[len(a.Answers())-1] != "192.0.2.1" {
			t.Errorf("%s: %v %q %s", name, ok, a.Answers(), a.Reason())
		}
	}
}

// The records of one name are bounded: each is compared with all others.
func TestManyRecordsOfOneName(t *testing.T) {
	var text strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&text, "a.test. A 10.%d.%d.%d\n", i>>16, i>>8&255, i&255)
	}
	_, err := ParseZone(text.String(), "zone")
	if bad, ok := errors.AsType[*RecordError](err); !ok || bad.Line != maxOfName+1 {
		t.Errorf("%v, want an error in line %d", err, maxOfName+1)
	}
}

// Every error of a zone text has its place.
func TestZoneErrorsHaveAPlace(t *testing.T) {
	for text, line := range map[string]int{
		"a.test. A 192.0.2.1\na.test. CNAME b.test.\n":                            2,
		"a.test. A 192.0.2.1\n\n; note\nb.test. 60 CH TXT x\n":                    4,
		"a.test. CNAME b.test.\na.test. TXT (\n \"x\"\n )\nc.test. A 192.0.2.1\n": 4,
		"a.test. A 192.0.2.1\nb.test. CNAME x.\nb.test. A 192.0.2.2":              3,
	} {
		_, err := ParseZone(text, "zone")
		bad, ok := errors.AsType[*RecordError](err)
		if !ok || bad.Line != line || bad.Column < 1 {
			t.Errorf("%q: %+v, want line %d", text, err, line)
		}
	}
}
