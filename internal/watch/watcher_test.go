package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience bounds every wait of a test: past it something hangs.
const patience = 30 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

// watched is a watcher of one file that never looks unless an event tells it to.
type watched struct {
	*Watcher
	t    *testing.T
	path string
	last string // what was loaded last
	err  error
}

func newWatched(t *testing.T, path string) *watched {
	t.Helper()
	w := &watched{Watcher: &Watcher{slow: time.Hour}, t: t, path: path}
	t.Cleanup(func() { must(t, w.Close()) })
	w.load()
	must(t, w.Trouble())
	return w
}

func (w *watched) load() {
	w.Load(func() ([]string, error) {
		text, err := os.ReadFile(w.path)
		w.last, w.err = string(text), err
		return []string{w.path}, err
	})
}

// next waits for a change, and gives what is loaded then.
func (w *watched) next() string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	file, err := w.Next(ctx)
	must(w.t, err)
	if file != w.path {
		w.t.Errorf("%s has changed", file)
	}
	w.load()
	return w.last
}

// Each way to change a file is heard of, and again when it was heard of before.
func TestEveryWay(t *testing.T) {
	for name, way := range map[string]struct {
		begin  func(t *testing.T, dir string) (path string)
		change func(t *testing.T, dir, text string)
	}{
		"in place":                       {plain, inPlace},
		"renamed over":                   {plain, renamedOver},
		"deleted and made again":         {plain, madeAgain},
		"behind a symbolic link":         {linked, inPlace},
		"a switched symbolic link":       {linked, switched},
		"a ConfigMap":                    {configMapped, configMap},
		"a symbolic link to a directory": {linkedDirectory, configMap},
		"a directory renamed over":       {below, directoryRenamed},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := newWatched(t, way.begin(t, dir))
			if w.last != "0" {
				t.Fatalf("loaded %q, %v", w.last, w.err)
			}
			for i := 1; i <= 5; i++ {
				text := fmt.Sprint(i)
				way.change(t, dir, text)
				if got := w.next(); got != text {
					t.Errorf("change %d: loaded %q, %v", i, got, w.err)
				}
			}
		})
	}
}

// A file that is missing, with its directories, is heard of when it is there, and when it is gone again.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	w := newWatched(t, dir+"/a/b/p")
	if w.err == nil {
		t.Fatal("it is there")
	}
	must(t, os.MkdirAll(dir+"/a/b", 0o700))
	write(t, dir+"/a/b/p", "1")
	if got := w.next(); got != "1" {
		t.Errorf("loaded %q, %v", got, w.err)
	}
	must(t, os.RemoveAll(dir+"/a"))
	if w.next(); !errors.Is(w.err, os.ErrNotExist) {
		t.Errorf("loaded %q, %v", w.last, w.err)
	}
	must(t, os.MkdirAll(dir+"/a/b", 0o700))
	write(t, dir+"/a/b/p", "2")
	if got := w.next(); got != "2" {
		t.Errorf("loaded %q, %v", got, w.err)
	}
}

// A file that somebody has open for writing is not loaded by half, though each half is a file that could be.
func TestHalfWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	write(t, path, "0")
	w := newWatched(t, path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	must(t, err)
	_, err = f.WriteString("half")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*soon)
	defer cancel()
	if file, err := w.Next(ctx); err == nil {
		t.Errorf("%s is loaded by half", file)
	}
	_, err = f.WriteString(" and half")
	must(t, err)
	must(t, f.Close())
	if got := w.next(); got != "half and half" {
		t.Errorf("loaded %q", got)
	}
}

// A change amid a load has the files loaded again.
func TestChangeAmidLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	write(t, path, "0")
	w := newWatched(t, path)
	loads := 0
	w.Load(func() ([]string, error) {
		text, err := os.ReadFile(path)
		w.last = string(text)
		if loads++; loads < 3 {
			write(t, path, fmt.Sprint(loads))
		}
		return []string{path}, err
	})
	if w.last != "2" || loads != 3 {
		t.Errorf("loaded %q after %d loads", w.last, loads)
	}
}

// What is touched, or is beside the file, is no change.
func TestNoChange(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/p", "0")
	w := newWatched(t, dir+"/p")
	must(t, os.Chtimes(dir+"/p", time.Now(), time.Now()))
	must(t, os.Chmod(dir+"/p", 0o400))
	write(t, dir+"/new", "0")
	must(t, os.Rename(dir+"/new", dir+"/p"))
	write(t, dir+"/beside", "1")
	ctx, cancel := context.WithTimeout(t.Context(), 10*soon)
	defer cancel()
	if file, err := w.Next(ctx); err == nil {
		t.Errorf("%s has changed", file)
	}
}

// What no event tells of is found all the same: here, that a directory far above the file is another.
func TestSlow(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+"/a/b/c", 0o700))
	write(t, dir+"/a/b/c/p", "0")
	must(t, os.MkdirAll(dir+"/new/b/c", 0o700))
	write(t, dir+"/new/b/c/p", "1")
	w := newWatched(t, dir+"/a/b/c/p")
	w.slow = 50 * time.Millisecond
	must(t, os.Rename(dir+"/a", dir+"/old"))
	must(t, os.Rename(dir+"/new", dir+"/a"))
	if got := w.next(); got != "1" {
		t.Errorf("loaded %q, %v", got, w.err)
	}
}

// A descriptor is not followed: it is closed, or another file, later on.
func TestDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	write(t, path, "0")
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	w := newWatched(t, fmt.Sprintf("/dev/fd/%d", f.Fd()))
	if w.last != "0" || len(w.files) != 0 || w.notify != nil {
		t.Errorf("loaded %q, follows %q", w.last, w.files)
	}
}
