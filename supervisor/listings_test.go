package supervisor

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"golang.org/x/sys/unix"
)

// What is remembered of directories is what is in them, whatever happens to them, and whenever: the same as without a memory.
func TestListingsAreOfNow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		top := t.TempDir()
		var s survey
		patterns := []string{top + "/*/*.sock", top + "/d0/*", top + "/*/a.sock", top + "/none/*"}
		expand := func(v *view) []string {
			var paths []string
			for _, pattern := range patterns {
				paths = append(paths, v.expand(pattern)...)
			}
			return paths
		}
		at := func(label string) string {
			return filepath.Join(top, "d"+strconv.Itoa(rapid.IntRange(0, 2).Draw(rt, label)))
		}
		name := func() string { return rapid.SampledFrom([]string{"a.sock", "b.sock", "other"}).Draw(rt, "name") }
		look := func(*rapid.T) {
			var want []string
			for _, pattern := range patterns {
				paths, err := filepath.Glob(pattern)
				if err != nil {
					rt.Fatal(err)
				}
				want = append(want, paths...)
			}
			got := slices.DeleteFunc(slices.Clone(s.paths(expand)), func(path string) bool {
				_, err := os.Lstat(path)
				return err != nil
			})
			slices.Sort(got)
			if slices.Sort(want); !slices.Equal(got, want) {
				rt.Fatalf("%q, want %q", got, want)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"make":   func(*rapid.T) { _ = os.Mkdir(at("directory"), 0o700) },
			"create": func(*rapid.T) { _ = os.WriteFile(filepath.Join(at("directory"), name()), nil, 0o600) },
			"remove": func(*rapid.T) { _ = os.Remove(filepath.Join(at("directory"), name())) },
			"clear":  func(*rapid.T) { _ = os.RemoveAll(at("directory")) },
			"swap": func(*rapid.T) {
				_ = unix.Renameat2(unix.AT_FDCWD, at("one"), unix.AT_FDCWD, at("other"), unix.RENAME_EXCHANGE)
			},
			"touch": func(*rapid.T) { _ = os.Chtimes(at("directory"), time.Unix(1, 0), time.Unix(1, 0)) },
			"":      look,
		})
	})
}

// A directory that has not changed for a while is not read again; one that is another, or has changed, is.
func TestListingsRemember(t *testing.T) {
	// The sources are older than this test, which is compiled of them.
	var l listings
	const old = "testdata"
	names := func(path string) []string {
		found, _, _ := l.list(path)
		return found.names
	}
	want := names(old)
	known, ok := l.of[old]
	if !ok || !slices.Equal(known.names, want) || len(want) == 0 {
		t.Fatalf("remembers %v of %v", l.of, want)
	}
	remember := func(change func(*listing)) {
		marked := known
		marked.names = []string{"remembered"}
		change(&marked)
		l.of[old] = marked
	}
	remember(func(*listing) {})
	if got := names(old); !slices.Equal(got, []string{"remembered"}) {
		t.Errorf("read again: %q", got)
	}
	for _, change := range []func(*listing){
		func(known *listing) { known.directory.ino++ },
		func(known *listing) { known.changed.Nsec++ },
	} {
		remember(change)
		if got := names(old); !slices.Equal(got, want) {
			t.Errorf("not read again: %q", got)
		}
	}
	young := t.TempDir()
	if names(young); len(l.of) != 1 {
		t.Errorf("remembers what has just changed: %v", l.of)
	}
}

// What was found is found again while every directory that was seen is as it was, and no longer; what has just changed may do so again unseen.
func TestSurveyRemembers(t *testing.T) {
	directory, young := "testdata", t.TempDir()
	found := 0
	var s survey
	look := func(in string) {
		s.paths(func(v *view) []string {
			found++
			return v.expand("/" + in + "/*")
		})
	}
	absolute, err := filepath.Abs(directory)
	if err != nil {
		t.Fatal(err)
	}
	look(absolute[1:])
	look(absolute[1:])
	if found != 1 {
		t.Errorf("looked %d times at what is as it was", found)
	}
	for _, change := range []func(*sight){
		func(saw *sight) { saw.directory.ino++ },
		func(saw *sight) { saw.changed.Nsec++ },
		func(saw *sight) { saw.stamp = stamp{errno: unix.ENOENT} },
	} {
		found = 0
		change(&s.last.Load().view.saw[0])
		look(absolute[1:])
		if found != 1 {
			t.Error("did not look at what is another by now")
		}
	}
	s.last.Store(nil)
	look(young[1:])
	look(young[1:])
	if found != 3 {
		t.Error("remembers what has just changed")
	}
}

// A directory holds what is in it; one that is not there holds nothing, and one that cannot be read may hold anything.
func TestViewHolds(t *testing.T) {
	v := view{listings: &listings{}}
	for _, c := range []struct {
		directory, name string
		want            bool
	}{
		{"testdata", first(t, "testdata"), true},
		{"testdata", "nothing of this name", false},
		{"testdata/none", "any", false},
		{strings.Repeat("long", 1000), "any", true},
	} {
		if got := v.holds(c.directory, c.name); got != c.want {
			t.Errorf("%.20s holds %s: %v", c.directory, c.name, got)
		}
	}
}

func first(t *testing.T, directory string) string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%v, %v", entries, err)
	}
	return entries[0].Name()
}
