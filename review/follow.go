package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// Followed is told what files that are followed have.
type Followed struct {
	Event   func(*Event) error // an event that the filter lets through, which must not be kept
	Problem func(Problem)      // a line that no event was read from
	Idle    func() error       // all there is has been read
}

// Follow reads files from their beginning, and then what is appended to them, until ctx is done. One that is
// renamed away is read to its end, and the file that takes its name from its beginning; so is one that was cut short. A file that is not there yet
// is waited for. It is inotify(7) that says when to look: files on network file systems are not followed well.
func Follow(ctx context.Context, names []string, filter *Filter, to Followed) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("follow files: %w", err)
	}
	defer watcher.Close() //nolint:errcheck // it was only listened to
	var tails []*tail
	for _, name := range names {
		t := &tail{name: name, opts: Options{Filter: filter}, to: to, watcher: watcher}
		defer t.close()
		if err := watcher.Add(filepath.Dir(name)); err != nil {
			return fmt.Errorf("follow %s: %w", name, err)
		}
		tails = append(tails, t)
	}
	for {
		for _, t := range tails {
			if err := t.look(); err != nil {
				return err
			}
		}
		if err := to.Idle(); err != nil {
			return err
		}
		if ended, err := wait(ctx, watcher); ended || err != nil {
			return err
		}
	}
}

// wait waits for a reason to look at the files. Which of them it was is all the same: most are few.
func wait(ctx context.Context, watcher *fsnotify.Watcher) (ended bool, err error) {
	select {
	case <-ctx.Done():
		return true, nil
	case <-watcher.Events:
		return false, nil
	case err := <-watcher.Errors:
		if errors.Is(err, fsnotify.ErrEventOverflow) { // events were lost, but everything is looked at
			return false, nil
		}
		return false, fmt.Errorf("follow files: %w", err)
	}
}

// tail is one file that is followed.
type tail struct {
	name    string
	opts    Options
	to      Followed
	watcher *fsnotify.Watcher

	file  *os.File // nil while there is none
	id    fileID
	read  int64
	lines *lines
	d     decoder
}

func (t *tail) close() {
	if t.file != nil {
		_ = t.file.Close() // it was only read
		t.file = nil
	}
}

// look reads what there is, of every file that has the name meanwhile.
func (t *tail) look() error {
	for {
		if t.file == nil {
			if err := t.open(); t.file == nil {
				return err
			}
		}
		if err := t.drain(); err != nil {
			return err
		}
		replaced, err := t.replaced()
		if err != nil || !replaced {
			return err
		}
		// What was written before the name was taken away is in the file now, and the last line needs no newline any more.
		t.lines.follow = false
		if err := t.drain(); err != nil {
			return err
		}
		t.close()
	}
}

// open opens the file that has the name now, if there is one.
func (t *tail) open() error {
	file, err := os.Open(t.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &s); err != nil {
		return errors.Join(fmt.Errorf("follow %s: %w", t.name, err), file.Close())
	}
	// A directory that only has a symbolic link to the file does not tell of its changes.
	if err := t.watcher.Add(t.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("follow %s: %w", t.name, err), file.Close())
	}
	t.file, t.id = file, fileID{s.Dev, s.Ino}
	t.begin()
	return nil
}

// begin reads the file from where it stands as if it were new.
func (t *tail) begin() {
	t.read = 0
	t.lines = &lines{follow: true, in: counted{t.file, func(n int) { t.read += int64(n) }}}
}

// drain reads to the end.
func (t *tail) drain() error {
	for {
		c, err := t.lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b := block{file: t.name, first: c.line, text: c.text, long: c.long}
		b.decode(&t.d, &t.opts)
		for _, p := range b.problems.First {
			t.to.Problem(p)
		}
		for i := range b.events {
			if err := t.to.Event(&b.events[i]); err != nil {
				return err
			}
		}
	}
}

// replaced reports whether another file has the name, or none; and begins anew where this one was cut short.
func (t *tail) replaced() (bool, error) {
	var now, named unix.Stat_t
	if err := unix.Fstat(int(t.file.Fd()), &now); err != nil {
		return false, fmt.Errorf("follow %s: %w", t.name, err)
	}
	if now.Size < t.read {
		if _, err := t.file.Seek(0, io.SeekStart); err != nil {
			return false, err
		}
		t.begin()
		return false, t.drain()
	}
	err := unix.Stat(t.name, &named)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil // the file may yet grow, until another has its name
	case err != nil:
		return false, &fs.PathError{Op: "stat", Path: t.name, Err: err}
	}
	return fileID{named.Dev, named.Ino} != t.id, nil
}
