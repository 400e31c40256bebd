package review

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asked is a line of a question.
func asked(name string) string {
	return `{"event.name":"codex.dns.policy_decision","event.timestamp":"2026-01-02T03:04:05.678Z","network.policy.scope":"domain","network.policy.decision":"deny","server.address":"` + name + `"}` + "\n"
}

// read gives FILE:LINE NAME of each event.
func read(t *testing.T, r *Reader) []string {
	t.Helper()
	var all []string
	for e := range r.Events() {
		all = append(all, fmt.Sprintf("%s:%d %s", filepath.Base(e.File), e.Line, e.ServerAddress))
	}
	return all
}

func compressed(t *testing.T, text string, to func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := to(&b)
	must(t, err)
	_, err = io.WriteString(w, text)
	must(t, err)
	must(t, w.Close())
	return b.String()
}

func gzipped(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }
func zstded(w io.Writer) (io.WriteCloser, error)  { return zstd.NewWriter(w) }

// lay writes files into a directory, which it makes the current one.
func lay(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		must(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func sources(t *testing.T, rotated bool, names ...string) []Source {
	t.Helper()
	found, err := Sources(names, rotated)
	must(t, err)
	return found
}

// Plain, compressed and rotated files are read, each once, the oldest first, whatever they are called.
func TestSources(t *testing.T) {
	lay(t, map[string]string{
		"a.log":       asked("a0"),
		"a.log.1":     compressed(t, asked("a1"), gzipped) + compressed(t, asked("a1b"), gzipped),
		"a.log.2.zst": compressed(t, asked("a2"), zstded),
		"a.log.10.gz": asked("a10"),
		"a.log.x":     asked("ax"),
		"b.log":       asked("b"),
		"odd[1].log":  asked("odd"),
		"empty":       "",
	})
	must(t, os.Symlink("b.log", "c.log"))
	for _, tt := range []struct {
		names   string
		rotated bool
		want    string
	}{
		{"a.log", true, "a.log.10.gz:1 a10, a.log.2.zst:1 a2, a.log.1:1 a1, a.log.1:2 a1b, a.log:1 a0"},
		{"a.log", false, "a.log:1 a0"},
		{"a.log.1", true, "a.log.1:1 a1, a.log.1:2 a1b"},
		{"a.log a.log* b.log c.log b.log", false, "a.log:1 a0, a.log.10.gz:1 a10, a.log.2.zst:1 a2, a.log.1:1 a1, a.log.1:2 a1b, a.log.x:1 ax, b.log:1 b"},
		{"[bc].log odd[1].log empty", true, "b.log:1 b, odd[1].log:1 odd"},
		{"- b.log -", true, "-:1 in, b.log:1 b"},
	} {
		r := Open(sources(t, tt.rotated, strings.Fields(tt.names)...), Options{Stdin: strings.NewReader(asked("in"))})
		got := strings.Join(read(t, r), ", ")
		if got != tt.want || r.Err() != nil || r.Problems().Count() != 0 {
			t.Errorf("%s: %s, %v, %v", tt.names, got, r.Err(), r.Problems())
		}
	}
}

// What cannot be read is told of, all of it, and the rest is read.
func TestUnreadable(t *testing.T) {
	cut := compressed(t, strings.Repeat(asked("cut"), 1000), gzipped)
	lay(t, map[string]string{"good": asked("good"), "cut.gz": cut[:len(cut)/2], "bad.zst": string(zstdMagic) + "x", "gone": ""})
	found, err := Sources([]string{"none", "none*", "[", ".", "gone", "cut.gz", "bad.zst", "good"}, true)
	for _, want := range []string{"none: no such file", "none*: no file", ".: it is a directory"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, without %q", err, want)
		}
	}
	must(t, os.Remove("gone"))
	r := Open(found, Options{})
	got := read(t, r)
	if len(got) == 0 || got[len(got)-1] != "good:1 good" {
		t.Errorf("%d events", len(got))
	}
	if err := r.Err(); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "cut.gz") || !strings.Contains(err.Error(), "bad.zst") {
		t.Errorf("%v", err)
	}
}

// Lines of other things are counted and named, never shown as they are, and end nothing.
func TestProblems(t *testing.T) {
	long := `{"event.name":"codex.dns.policy_decision","server.address":"` + strings.Repeat("a", 10<<20) + "\"}\n"
	almost := `{"event.name":"codex.dns.policy_decision","server.address":"` + strings.Repeat("a", MaxLine) + "\"}\n"
	text := asked("a") + "\n\r\n" + long + asked("b") + "\x1b[31m\n{}\n" + almost + asked("c") + long + strings.Repeat("x\n", 20) + `{"event.name":"codex.dns`
	for name, in := range map[string]io.Reader{"whole": strings.NewReader(text), "half": iotest.HalfReader(strings.NewReader(text)), "error": iotest.DataErrReader(strings.NewReader(text))} {
		r := Open([]Source{{Name: "-"}}, Options{Stdin: in})
		got := strings.Join(read(t, r), ", ")
		p := r.Problems()
		if got != "-:1 a, -:5 b, -:9 c" || p.Long != 3 || p.Foreign != 1 || p.Damaged != 22 || r.Lines() != 31 || r.Err() != nil {
			t.Errorf("%s: %s; %d lines, %v, %v", name, got, r.Lines(), p, r.Err())
		}
		if len(p.First) != MaxProblems || p.First[0].Line != 4 || p.First[1].Line != 6 || p.First[3].Line != 8 || p.First[4].Line != 10 {
			t.Errorf("%s: %v", name, p.First)
		}
		if s := p.First[1].String(); strings.Contains(s, "\x1b") || !strings.HasPrefix(s, "-:6: ") {
			t.Errorf("%q", s)
		}
	}
}

// Events come in the order of the lines, however many goroutines decode them, and who has enough may leave.
func TestOrder(t *testing.T) {
	const n = 20_000
	var b strings.Builder
	for i := range n {
		b.WriteString(asked(fmt.Sprint(i)))
	}
	r := Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(b.String())})
	i := 0
	for e := range r.Events() {
		if e.ServerAddress != fmt.Sprint(i) || e.Line != i+1 {
			t.Fatalf("event %d is %s, line %d", i, e.ServerAddress, e.Line)
		}
		i++
	}
	if done, _ := r.Progress(); i != n || r.Passed() != n || done != int64(b.Len()) {
		t.Errorf("%d events, %d passed, %d bytes", i, r.Passed(), done)
	}
	for e := range Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(b.String())}).Events() {
		if e.Line == 7 {
			break
		}
	}
}
