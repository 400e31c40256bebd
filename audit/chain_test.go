package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// checkChain fails where lines, of one session, are not each sealed by the one before, as the package's doc says. It gives their number.
func checkChain(t *testing.T, lines []byte) int {
	t.Helper()
	before, n := strings.Repeat("0", 64), 0
	for line := range bytes.Lines(lines) {
		n++
		text, end, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(`,"chain.hash":"`))
		if !ok || !bytes.HasSuffix(text, fmt.Appendf(nil, `,"chain.sequence":%d`, n)) {
			t.Fatalf("line %d ends otherwise: %s", n, line)
		}
		hash := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s\n%s", before, text)))
		if string(end) != hash+`"}` {
			t.Fatalf("line %d ends in %s, not in the hash %s", n, end, hash)
		}
		before = hash
	}
	return n
}

func TestChain(t *testing.T) {
	l, file := openTemp(t, Options{})
	if err := l.Start(Start{Version: "1", PolicyDigest: "sha256:" + strings.Repeat("0f", 32), Command: []string{"true"}}); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, l, question("a"))
	mustRecord(t, l, question("a"))
	mustRecord(t, l, Event{Name: Forward, ClientBytes: 1})
	mustRecord(t, l, Event{Name: PolicyReload, PolicyDigest: "sha256:" + strings.Repeat("1f", 32)})
	if err := l.End(Ending{Exited: true, Code: 3}); err != nil {
		t.Fatal(err)
	}
	if n := checkChain(t, mustRead(t, file)); n != 6 {
		t.Errorf("%d lines", n)
	}
	lines := readLines(t, file)
	if start, _ := lines[0]["chain.start"].(string); len(start) != 64 {
		t.Errorf("begins with %v", lines[0])
	}
	last := lines[5]
	if last["event.name"] != string(SessionEnd) || last["session.events"] != 6.0 || last["process.exit.code"] != 3.0 {
		t.Errorf("ends with %v", last)
	}
}

// Two sessions have neither their name nor their start in common.
func TestChainsDiffer(t *testing.T) {
	first, file := openTemp(t, Options{})
	second := mustOpen(t, file, Options{})
	if err := errors.Join(first.Start(Start{}), second.Start(Start{})); err != nil {
		t.Fatal(err)
	}
	lines := readLines(t, file)
	for _, key := range []string{"session.id", "chain.start", "chain.hash"} {
		if a, b := lines[0][key], lines[1][key]; a == b || a == nil {
			t.Errorf("%s: %v and %v", key, a, b)
		}
	}
}

func TestNoStartNoLog(t *testing.T) {
	if err := mustOpen(t, "/dev/full", Options{}).Start(Start{}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v", err)
	}
}

// A line that a full disk cut is none of the chain's; a line that lacks but its newline is.
func TestChainPastTornLines(t *testing.T) {
	whole := len(firstLine(new(question("b")), 1)) - 1
	for _, tt := range []struct {
		name  string
		room  int // of the second line's bytes
		whole string
	}{
		{"nothing", 0, "a b"},
		{"a byte", 1, "a b"},
		{"half", whole / 2, "a b"},
		{"all but a byte", whole - 1, "a b"},
		{"all but the newline", whole, "a b b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, file := openTemp(t, named)
			a, b := question("a"), question("b")
			a.Time = a.Time.AddDate(2000, 0, 0)
			b.Time = a.Time
			mustRecord(t, l, a)
			size := len(mustRead(t, file))
			undo := limitFileSize(t, uint64(size+tt.room))
			if err := l.Record(b); !errors.Is(err, unix.EFBIG) {
				t.Fatalf("got %v", err)
			}
			undo()
			mustRecord(t, l, b)
			var kept []byte
			for line := range bytes.Lines(mustRead(t, file)) {
				if bytes.HasSuffix(line, []byte("\"}\n")) {
					kept = append(kept, line...)
				}
			}
			if got := names(splitLines(t, kept)); got != tt.whole {
				t.Errorf("%q, want %q", got, tt.whole)
			}
			checkChain(t, kept)
		})
	}
}

// Where the disk had room for the newline in front of a line alone, there is no empty line.
func TestNewlineInFrontIsWrittenOnce(t *testing.T) {
	l, file := openTemp(t, Options{})
	for _, room := range []uint64{10, 11} {
		undo := limitFileSize(t, room)
		if err := l.Record(question("a")); !errors.Is(err, unix.EFBIG) {
			t.Fatalf("got %v", err)
		}
		undo()
	}
	mustRecord(t, l, question("a"))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	if got := names(splitLines(t, rest)); got != "a" {
		t.Errorf("%q", got)
	}
}
