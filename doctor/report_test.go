package doctor

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

var sample = []Finding{
	{"kernel", OK, "6.18.44 (5.10 or newer needed)", "", "", ""},
	{"pidfd_thread", Warning, "not there (since Linux 6.9)", "a loss", "no", "6.9"},
	{"seccomp notification", Unknown, "open x: permission denied", "", "", ""},
	{"launch", Failure, "make a user namespace: \x1b[2J<&>", "do this", "", ""},
}

func TestWriteText(t *testing.T) {
	var out strings.Builder
	if err := WriteText(&out, sample); err != nil {
		t.Fatal(err)
	}
	want := `ok      kernel               6.18.44 (5.10 or newer needed)
warning pidfd_thread         not there (since Linux 6.9)
        → a loss
unknown seccomp notification open x: permission denied
failure launch               make a user namespace: \u001b[2J<&>
        → do this
run cannot work here: 1 problem
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

func TestVerdict(t *testing.T) {
	for want, findings := range map[string][]Finding{
		"run works here":                   sample[:3],
		"run cannot work here: 1 problem":  sample,
		"run cannot work here: 2 problems": append(sample[:4:4], sample[3]),
	} {
		if got := verdict(findings); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	var out strings.Builder
	if err := WriteJSON(&out, sample[2:]); err != nil {
		t.Fatal(err)
	}
	want := `{"ok":false,"checks":[{"check":"seccomp notification","status":"unknown","found":"open x: permission denied","advice":""},` +
		`{"check":"launch","status":"failure","found":"make a user namespace: \\u001b[2J<&>","advice":"do this"}]}` + "\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	out.Reset()
	if err := WriteJSON(&out, nil); err != nil || out.String() != `{"ok":true,"checks":[]}`+"\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// Whatever a file on this machine says, a report has as many lines as it should, of what prints.
func TestReportsPrint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := string(rapid.SliceOf(rapid.Byte()).Draw(t, "found"))
		f := []Finding{{Check: "x", Status: OK, Found: bytes + rapid.String().Draw(t, "more")}}
		var text, object strings.Builder
		if err := errors.Join(WriteText(&text, f), WriteJSON(&object, f)); err != nil {
			t.Fatal(err)
		}
		for out, lines := range map[string]int{text.String(): 2, object.String(): 1} {
			if strings.Count(out, "\n") != lines {
				t.Fatalf("lines of %q", out)
			}
			for _, r := range strings.ReplaceAll(out, "\n", "") {
				if !unicode.IsPrint(r) {
					t.Fatalf("%U in %q", r, out)
				}
			}
		}
	})
}

// full is a writer with no room.
type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReportsReturnTheWritersError(t *testing.T) {
	if err := WriteText(full{}, sample); !errors.Is(err, errFull) {
		t.Error(err)
	}
	if err := WriteJSON(full{}, sample); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

func TestStatusWords(t *testing.T) {
	for status, want := range map[Status]string{Unknown: "unknown", OK: "ok", Warning: "warning", Failure: "failure", 17: "unknown"} {
		if got := status.String(); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}
