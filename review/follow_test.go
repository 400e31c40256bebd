package review

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// following runs Follow, and gives what it says, one after the other.
func following(t *testing.T, filter *Filter, names ...string) (said <-chan string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ch := make(chan string)
	say := func(s string) {
		select {
		case ch <- s:
		case <-ctx.Done():
		}
	}
	ended := make(chan error, 1)
	go func() {
		ended <- Follow(ctx, names, filter, Followed{
			Event: func(e *Event) error {
				say(fmt.Sprintf("%s:%d %s", e.File, e.Line, e.ServerAddress))
				return nil
			},
			Problem: func(p Problem) { say(p.String()) },
			Idle:    func() error { return nil },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return ch
}

func hear(t *testing.T, said <-chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := <-said; !strings.HasPrefix(got, w) {
			t.Fatalf("heard %q, want %q", got, w)
		}
	}
}

func extend(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	must(t, f.Close())
}

// What is appended is told, through a log that is not there yet, lines in pieces, rotation by renaming and by truncation.
func TestFollow(t *testing.T) {
	lay(t, map[string]string{"a": asked("a1")})
	must(t, os.Mkdir("d", 0o700))
	must(t, os.Symlink("d/c", "c"))
	said := following(t, &Filter{Names: names(t, "*")}, "a", "b", "c")
	hear(t, said, "a:1 a1")
	line := asked("a2")
	extend(t, "a", line[:20])
	extend(t, "b", "x\n"+asked("b1"))
	hear(t, said, "b:1: not JSON", "b:2 b1")
	extend(t, "a", line[20:])
	hear(t, said, "a:2 a2")

	extend(t, "a", strings.TrimSuffix(asked("a3"), "\n")) // no newline: whole once another file has the name
	must(t, os.Rename("a", "a.1"))
	extend(t, "a.1", "")
	extend(t, "a", asked("a4"))
	hear(t, said, "a:3 a3", "a:1 a4")

	must(t, os.Truncate("b", 0))
	extend(t, "b", asked("b2"))
	hear(t, said, "b:1 b2")

	extend(t, "d/c", asked("c1"))
	extend(t, "a", asked("a5")) // a symbolic link's target in another directory is found by the next event of any file
	for range 2 {
		if got := <-said; got != "c:1 c1" && got != "a:2 a5" {
			t.Fatalf("heard %q", got)
		}
	}
	extend(t, "d/c", asked("c2"))
	hear(t, said, "c:2 c2")

	extend(t, "a", strings.Repeat("y", 2*MaxLine))
	extend(t, "a", asked("hidden")+asked("a6"))
	hear(t, said, "a:3: longer than", "a:4 a6")
}

// A file that cannot be followed is an error.
func TestFollowNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"none/a", "."} {
		if err := Follow(t.Context(), []string{name}, nil, Followed{Idle: func() error { return nil }}); err == nil {
			t.Errorf("%s is followed", name)
		}
	}
}
