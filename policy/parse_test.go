package policy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
)

// files reads the policy files of a directory below testdata, by name.
func files(tb testing.TB, dir string) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.toml"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no files in testdata/%s: %v", dir, err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		all[filepath.Base(path)] = data
	}
	return all
}

// TestParseErrors reads what a bad file is to be told from its first two lines: "# want LINE:COL: message", "# hint text".
func TestParseErrors(t *testing.T) {
	for name, data := range files(t, "bad") {
		t.Run(name, func(t *testing.T) {
			lines := strings.SplitN(string(data), "\n", 3)
			want, ok1 := strings.CutPrefix(lines[0], "# want ")
			hint, ok2 := strings.CutPrefix(lines[1], "# hint")
			if !ok1 || !ok2 {
				t.Fatalf("the file does not start with what is wanted: %q", lines[:2])
			}
			file, err := Parse("p.toml", data)
			failure, ok := errors.AsType[*Error](err)
			if !ok || file != nil {
				t.Fatalf("Parse = %v, %v", file, err)
			}
			if !strings.HasPrefix(err.Error(), "p.toml:"+want) || !strings.Contains(failure.Hint(), strings.TrimSpace(hint)) {
				t.Errorf("got  %s\n(hint %s)\nwant p.toml:%s\n(hint %s)", err, failure.Hint(), want, hint)
			}
		})
	}
}

// TestParseErrorsMoveWithTheText: what stands before a mistake does not change where it is found.
func TestParseErrorsMoveWithTheText(t *testing.T) {
	for name, data := range files(t, "bad") {
		_, before := Parse("p", data)
		_, after := Parse("p", append([]byte("\n# ü\n\n"), data...))
		first, ok1 := errors.AsType[*Error](before)
		second, ok2 := errors.AsType[*Error](after)
		if !ok1 || !ok2 || second.Origin.Line != first.Origin.Line+3 || second.Origin.Column != first.Origin.Column || second.Msg != first.Msg {
			t.Errorf("%s: %v, three lines further down %v", name, before, after)
		}
	}
}

func TestParseTooLarge(t *testing.T) {
	data := bytes.Repeat([]byte("#\n"), MaxFile/2)
	if _, err := Parse("p", data); err != nil {
		t.Fatalf("a file of MaxFile bytes: %v", err)
	}
	_, err := Parse("p", append(data, '\n'))
	if err == nil || err.Error() != "p: is larger than 1048576 bytes" {
		t.Fatalf("a file of one more: %v", err)
	}
}

// TestParseManyKeys would take minutes with quadratic work on keys.
func TestParseManyKeys(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("[network.domains]\n")
	count := 0
	for ; b.Len() < MaxFile-40; count++ {
		b.WriteString("a" + string(rune('a'+count%26)) + "-")
		b.WriteString(strings.Repeat("x", count%3))
		b.WriteString(hex(count) + "=\"deny\"\n")
	}
	file, err := Parse("p", b.Bytes())
	if err != nil || len(file.Rules) != count {
		t.Fatalf("%d rules: %v", count, err)
	}
	if last := file.Rules[count-1].Origin; last.Line != count+1 || last.Column != 1 {
		t.Fatalf("the last rule is at %s, want line %d", last, count+1)
	}
}

func hex(n int) string {
	const digits = "0123456789abcdef"
	s := ""
	for ; n > 0; n /= 16 {
		s = string(digits[n%16]) + s
	}
	return s + "-"
}

func TestParseDeepNesting(t *testing.T) {
	for _, text := range []string{
		"dns.upstreams = " + strings.Repeat("[", 200_000),
		"dns = " + strings.Repeat("{records=", 50_000),
		"[" + strings.Repeat("a.", 100_000) + "a]",
		strings.Repeat("dns.", 100_000) + "a = 1",
		"dns = {" + strings.Repeat("records = {", 3) + "}}}}",
	} {
		if _, err := Parse("p", []byte(text)); err == nil {
			t.Errorf("no error for %s", cut(text))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		for _, data := range files(f, dir) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("p", data)
		if err != nil {
			checkPlace(t, err, data)
			return
		}
		var tree map[string]any
		if err := toml.Unmarshal(data, &tree); err != nil {
			t.Fatalf("go-toml refuses what Parse takes: %v", err)
		}
		for _, rule := range file.Rules {
			if key := data[offsetOf(data, rule.Origin):]; len(key) == 0 || bytes.IndexByte([]byte(" \t=\n"), key[0]) >= 0 {
				t.Fatalf("no key at %s", rule.Origin)
			}
		}
		for _, zone := range file.Records {
			checkZone(t, zone)
		}
		checkWritten(t, file)
	})
}

// checkWritten: what a file says can be written and read again.
func checkWritten(t *testing.T, file *File) {
	t.Helper()
	text := file.TOML()
	if len(text) > MaxFile { // for its comments
		return
	}
	again, err := Parse("q", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if diff := cmp.Diff(bare(file), bare(again), cmp.AllowUnexported(Pattern{}, Zone{})); diff != "" {
		t.Fatalf("%s\n%s", diff, text)
	}
}

// checkPlace: an error is within the text.
func checkPlace(t *testing.T, err error, data []byte) {
	t.Helper()
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Msg == "" {
		t.Fatalf("not an Error: %#v", err)
	}
	if failure.Origin.Line < 1 || failure.Origin.Column < 1 || offsetOf(data, failure.Origin) > len(data) {
		t.Fatalf("%v is outside of the text", failure)
	}
}

// offsetOf is where an origin points to.
func offsetOf(data []byte, o Origin) int {
	offset := 0
	for range o.Line - 1 {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	return offset + o.Column - 1
}

func checkZone(t *testing.T, zone Zone) {
	t.Helper()
	if want := strings.Count(zone.Text, "\n") + 1; len(zone.starts) != want {
		t.Fatalf("%d lines of %q are placed, want %d", len(zone.starts), zone.Text, want)
	}
	last := Origin{}
	for _, at := range zone.starts {
		if at.Line < last.Line || at.Line == last.Line && at.Column <= last.Column {
			t.Fatalf("the lines of %q are at %v", zone.Text, zone.starts)
		}
		last = at
	}
}
