package verify

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// write writes the log of a session of n events, its first and last among them.
func write(tb testing.TB, n int) []string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "log")
	appendSession(tb, file, n, true)
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return split(text)
}

// appendSession adds a session of n events to a file.
func appendSession(tb testing.TB, file string, n int, ended bool) {
	tb.Helper()
	l, err := audit.Open(file, audit.Options{Window: -1})
	if err != nil {
		tb.Fatal(err)
	}
	err = l.Start(audit.Start{Version: "1", Command: []string{"x"}})
	for i := range n - 2 {
		err = errors.Join(err, l.Record(audit.Event{
			Name: audit.PolicyDecision, Scope: audit.ScopeDomain, ServerAddress: fmt.Sprintf("n%d.test", i),
			Process: audit.Process{Args: []string{"\xff\"", `{"event.name":`, `,"chain.hash":"`, strings.Repeat("x", i)}},
		}))
	}
	if ended {
		err = errors.Join(err, l.End(audit.Ending{Exited: true}))
	} else {
		err = errors.Join(err, l.Close())
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// split gives lines with their newlines.
func split(text []byte) []string {
	return slices.Collect(strings.Lines(string(text)))
}

// verified reads files in the order given, as f0, f1, ….
func verified(seal *Seal, files ...string) *Report {
	v := New(seal)
	for i, text := range files {
		v.Read(fmt.Sprintf("f%d", i), strings.NewReader(text))
	}
	return v.Report()
}

func join(lines ...[]string) string { return strings.Join(slices.Concat(lines...), "") }

// found is all of a report in a line: what, and in which file and line.
func found(r *Report) string {
	all := []string{string(r.Outcome)}
	for _, f := range r.Findings {
		all = append(all, fmt.Sprintf("%s@%s:%d", f.Kind, f.File, f.Line))
	}
	return strings.Join(all, " ")
}

func TestVerify(t *testing.T) {
	a, b := write(t, 8), write(t, 5)
	changed := func(line, from, to string) string {
		s := strings.Replace(line, from, to, 1)
		if s == line {
			t.Fatalf("%q is not in %q", from, line)
		}
		return s
	}
	// anothers is a line with the name of another session.
	anothers := changed(b[2], id(b[2]), id(a[2]))
	for _, tt := range []struct {
		name string
		want string
		log  []string
	}{
		{"whole", "whole", []string{join(a)}},
		{"nothing", "whole", []string{""}},
		{"two sessions", "whole", []string{join(a, b)}},
		{"two sessions at once", "whole", []string{join(a[:3], b[:2], a[3:6], b[2:], a[6:])}},
		{"last newline cut", "whole", []string{strings.TrimSuffix(join(a), "\n")}},
		{"empty lines", "whole", []string{join(a[:3], []string{"\n"}, a[3:])}},
		{"rotated", "whole", []string{join(a[:3]), join(a[3:5]), join(a[5:])}},
		{"rotated, in another order", "whole", []string{join(a[5:]), join(a[:3]), join(a[3:5])}},
		{"rotated, one file twice", "whole twice@f3:1", []string{join(a[5:]), join(a[:3]), join(a[3:5]), join(a[5:])}},

		{"no end", "unfinished", []string{join(a[:7])}},
		{"first alone", "unfinished", []string{join(a[:1])}},
		{"no beginning", "unfinished", []string{join(a[3:])}},
		{"cut in a line", "unfinished half@f0:6", []string{join(a[:5], []string{a[5][:40]})}},
		{"cut in the first line", "whole half@f0:1", []string{a[0][:4]}},
		{"half a line between", "whole half@f0:4", []string{join(a[:3], []string{a[3][:50] + "\n"}, a[3:])}},
		{"half a line in front", "whole half@f0:4", []string{join(a[:3], []string{a[3][:50]}, a[3:])}},
		{"zeros at the end", "unfinished half@f0:4", []string{join(a[:3], []string{strings.Repeat("\x00", 4000)})}},
		{"foreign lines", "whole foreign@f0:1 foreign@f0:2 foreign@f0:4", []string{join([]string{"# hello\n", `{"a":1}` + "\n"}, a[:1], []string{"\xff\n"}, a[1:])}},
		{"a long line", "whole foreign@f0:2", []string{join(a[:1], []string{strings.Repeat("x", 3*MaxLine) + "\n"}, a[1:])}},

		{"edited", "damaged changed@f0:4", []string{join(a[:3], []string{changed(a[3], "n2.test", "n9.test")}, a[4:])}},
		{"hash edited", "damaged changed@f0:4 changed@f0:5", []string{join(a[:3], []string{rehashed(a[3])}, a[4:])}},
		{"first edited", "damaged changed@f0:1", []string{join([]string{changed(a[0], `"1"`, `"2"`)}, a[1:])}},
		{"last edited", "damaged changed@f0:8", []string{join(a[:7], []string{changed(a[7], `code":0`, `code":1`)})}},
		{"count edited", "damaged changed@f0:8 count@f0:8", []string{join(a[:7], []string{changed(a[7], `events":8`, `events":7`)})}},
		{"deleted", "damaged missing@f0:4", []string{join(a[:3], a[4:])}},
		{"many deleted", "damaged missing@f0:2", []string{join(a[:1], a[7:])}},
		{"swapped", "damaged moved@f0:5", []string{join(a[:3], []string{a[4], a[3]}, a[5:])}},
		{"repeated", "damaged repeated@f0:5", []string{join(a[:4], a[3:])}},
		{"moved to the end", "damaged moved@f0:8", []string{join(a[:3], a[4:], a[3:4])}},
		{"spliced", "damaged changed@f0:3 changed@f0:4", []string{join(a[:2], []string{anothers}, a[3:])}},
		{"spliced from there on", "damaged changed@f0:6", []string{join(a[:5], []string{
			changed(changed(b[4], id(b[4]), id(a[0])), `sequence":5`, `sequence":6`),
		})}},
		{"unchained", "damaged unchained@f0:2", []string{join(a[:1], []string{`{"event.timestamp":"", "event.name": "codex.dns.policy_decision"}` + "\n"}, a[1:])}},
		{"chain taken off", "damaged unchained@f0:4 missing@f0:5", []string{join(a[:3], []string{a[3][:strings.Index(a[3], `,"chain.`)] + "}\n"}, a[4:])}},
		{"rotated file edited", "damaged changed@f1:1", []string{join(a[:3]), join([]string{changed(a[3], "n2.test", "n9.test")}, a[4:])}},
		{"rotated file away", "damaged missing@f1:1", []string{join(a[:3]), join(a[5:])}},
		{"rotated files overlap", "damaged repeated@f1:1", []string{join(a[:5]), join(a[3:])}},
		{"behind the end", "damaged after_end@f0:9", []string{join(a, []string{changed(a[7], `sequence":8`, `sequence":9`)})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := verified(nil, tt.log...)
			got := found(r)
			if tt.name == "behind the end" || tt.name == "spliced from there on" { // what else is wrong with it is not the point
				got = strings.Join(strings.Fields(got)[:2], " ")
			}
			if got != tt.want {
				t.Errorf("%s\nwant %s\n%v", got, tt.want, r.Findings)
			}
		})
	}
}

// What rotation has removed of a session is told by the session, and is no cut.
func TestVerifyRotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	l, err := audit.Open(file, audit.Options{Window: -1, Rotation: audit.Rotation{MaxSize: 2000, Keep: 2}})
	if err != nil {
		t.Fatal(err)
	}
	err = l.Start(audit.Start{})
	for i := range 30 {
		err = errors.Join(err, l.Record(audit.Event{Name: audit.BlockDecision, ServerAddress: fmt.Sprint(i)}))
	}
	if err = errors.Join(err, l.End(audit.Ending{})); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range []string{file, file + ".1", file + ".2"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	r := verified(nil, texts...)
	if got := found(r); got != "whole" || r.Sessions[0].First == 1 {
		t.Errorf("%s: %+v", got, r.Sessions)
	}
	if got := found(verified(nil, texts[:2]...)); got != "unfinished" {
		t.Errorf("without the oldest: %s", got)
	}
	if got := found(verified(nil, texts[0], texts[2])); got != "damaged missing@f0:1" {
		t.Errorf("without the one between: %s", got)
	}
}

// id is the session's name in a line.
func id(line string) string {
	_, rest, _ := strings.Cut(line, `"session.id":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

// rehashed is a line with another hash.
func rehashed(line string) string {
	at := len(line) - len("0\"}\n")
	digit := "0"
	if line[at] == '0' {
		digit = "1"
	}
	return line[:at] + digit + line[at+1:]
}

// Cut at any byte, a log is whole up to a whole event, and what is left of the next is told.
func TestCutAtAnyByte(t *testing.T) {
	lines := write(t, 4)
	text := join(lines)
	for n := range len(text) {
		whole := 0
		for _, l := range lines[:strings.Count(text[:n], "\n")] {
			whole += len(l)
		}
		events := strings.Count(text[:n], "\n")
		rest := text[whole:n]
		if rest != "" && rest+"\n" == lines[events] { // the newline alone is missing
			events, rest = events+1, ""
		}
		r := verified(nil, text[:n])
		if r.Events != events || events > 0 && (r.Sessions[0].Events != uint64(events) || r.Sessions[0].Whole() != (events == len(lines))) {
			t.Fatalf("cut at %d: %+v", n, r)
		}
		want := "whole"
		if 0 < events && events < len(lines) {
			want = "unfinished"
		}
		if rest != "" {
			want += fmt.Sprintf(" half@f0:%d", strings.Count(text[:n], "\n")+1)
		}
		if got := found(r); got != want {
			t.Fatalf("cut at %d: %s, want %s", n, got, want)
		}
	}
}

// Whatever bit is changed, in whichever line, is found in that line or the next.
func TestAnyBitIsFound(t *testing.T) {
	text := join(write(t, 6))
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		bit := byte(1) << rapid.IntRange(0, 7).Draw(t, "bit")
		broken := []byte(text)
		broken[at] ^= bit
		line := 1 + strings.Count(text[:at], "\n")
		r := verified(nil, string(broken))
		if at == len(text)-1 && r.Outcome == Whole { // the last newline
			return
		}
		if r.Outcome == Whole {
			t.Fatalf("byte %d, bit %#x: nothing is found", at, bit)
		}
		for _, f := range r.Findings {
			if f.Line >= line && f.Line <= line+1 {
				return
			}
		}
		if r.Outcome == Unfinished && (line == 1 || line == 6) { // the first or the last is no line any more
			return
		}
		t.Fatalf("byte %d, bit %#x, in line %d: %v", at, bit, line, r.Findings)
	})
}

// Lines of many sessions, shuffled between files but in their order within each, are put together.
func TestAnyOrderOfFiles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		random := rand.New(rand.NewPCG(seed, 1))
		files := make([]bytes.Buffer, 4)
		for range 3 {
			lines := write(t, 3+random.IntN(20))
			file := 0
			for _, l := range lines {
				file = min(file+random.IntN(20)/18, len(files)-1)
				files[file].WriteString(l)
			}
		}
		var texts []string
		for _, i := range random.Perm(len(files)) {
			texts = append(texts, files[i].String())
		}
		if got := found(verified(nil, texts...)); got != "whole" {
			rt.Fatal(got)
		}
	})
}

func TestUnreadable(t *testing.T) {
	v := New(nil)
	v.Read("f", iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("x\n"))))
	if got := found(v.Report()); got != "damaged half@f:1 unread@f:1" && got != "damaged foreign@f:1 unread@f:1" {
		t.Error(got)
	}
}

// A file of nothing but gaps takes neither memory nor time for each.
func TestManyGaps(t *testing.T) {
	lines := write(t, 20)
	var b strings.Builder
	for n := 2; n < 200_000; n += 2 {
		b.WriteString(strings.Replace(lines[3], `sequence":4`, fmt.Sprintf(`sequence":%d`, n), 1))
	}
	for n := 1; n < 200_000; n += 2 {
		b.WriteString(strings.Replace(lines[3], `sequence":4`, fmt.Sprintf(`sequence":%d`, n), 1))
	}
	r := verified(nil, b.String())
	if r.Outcome != Damaged || len(r.Findings) > 3*MaxFindings {
		t.Errorf("%s, %d findings", r.Outcome, len(r.Findings))
	}
}

func TestFindingsArePrintable(t *testing.T) {
	v := New(nil)
	v.Read("f\x1b[2J", strings.NewReader("{\"event.name\":\"codex.dns.\\u001b[2J\\u202e\"}\n{\"event.name\":\"\x1b\n"))
	for _, f := range v.Report().Findings {
		if s := f.String(); strings.ContainsAny(s, "\x1b\u202e") {
			t.Errorf("%q", s)
		}
	}
}
