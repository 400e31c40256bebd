package watch

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// Slow is how often files are looked at that nothing was heard of.
	Slow = 10 * time.Second
	// soon is how long after an event: most changes are more than one.
	soon = 20 * time.Millisecond
)

// Watcher follows files. The zero value follows none; it is for one goroutine at a time.
type Watcher struct {
	slow    time.Duration // 0 is Slow
	tried   bool
	notify  *fsnotify.Watcher // nil: there is none
	files   []string
	seen    map[string]content
	watched places
	trouble error
}

// attempts bounds how often Load begins anew; what keeps changing is left to Next.
const attempts = 5

// Load has load read the files, and follows those that it names. It has them read again where they have changed
// meanwhile. A load that fails may name fewer files than it would: those before are followed too.
func (w *Watcher) Load(load func() ([]string, error)) {
	for range attempts {
		before := w.look()
		files, err := load()
		if err != nil {
			files = append(files, w.files...)
		}
		w.files = slices.Compact(slices.Sorted(slices.Values(files)))
		w.rewatch()
		w.seen = before
		now := w.look()
		if same(before, now) {
			w.seen = now
			return
		}
	}
}

// look is what the files hold now.
func (w *Watcher) look() map[string]content {
	all := map[string]content{}
	for _, file := range w.files {
		all[file] = look(file)
	}
	return all
}

// same says whether what is seen is what was seen before. A file that was not looked at before has to be old.
func same(before, now map[string]content) bool {
	for file, is := range now {
		was, known := before[file]
		if known && was != is || !known && young(file) {
			return false
		}
	}
	return true
}

// Next waits until a file has changed since Load, and names it. It returns the context's error when that is done.
func (w *Watcher) Next(ctx context.Context) (string, error) {
	var since time.Time // when a change was heard of or seen; zero: there is none
	var pause time.Duration
	for {
		heard, err := w.wait(ctx, pause)
		if err != nil {
			return "", err
		}
		if heard {
			since, pause = time.Now(), soon
			continue
		}
		file := w.changed()
		if file == "" {
			since, pause = time.Time{}, w.pause()
			continue
		}
		if since.IsZero() {
			since = time.Now()
		}
		if w.settled(since) {
			return file, nil
		}
		pause = soon
	}
}

// wait waits, as long as the pause is a long one also for what may be a change.
func (w *Watcher) wait(ctx context.Context, pause time.Duration) (heard bool, err error) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-timer.C:
			return false, nil
		case event := <-w.events():
			if pause > soon && w.watched.concern(event.Name) {
				return true, nil
			}
		case err := <-w.lost():
			if err != nil && pause > soon {
				return true, nil
			}
		}
	}
}

// changed is a file that holds not what it held; "" where there is none.
func (w *Watcher) changed() string {
	w.rewatch()
	for _, file := range w.files {
		if look(file) != w.seen[file] {
			return file
		}
	}
	return ""
}

// settled says whether nobody is at work on a file that has changed.
func (w *Watcher) settled(since time.Time) bool {
	for _, file := range w.files {
		if look(file) != w.seen[file] && !settled(file, since) {
			return false
		}
	}
	return true
}

func (w *Watcher) pause() time.Duration {
	switch {
	case len(w.files) == 0:
		return math.MaxInt64
	case w.slow > 0:
		return w.slow
	}
	return Slow
}

// Trouble says, once, why changes are noticed late: see [Slow].
func (w *Watcher) Trouble() error {
	err := w.trouble
	w.trouble = nil
	return err
}

// Close ends the watch.
func (w *Watcher) Close() error {
	if w.notify == nil {
		return nil
	}
	return w.notify.Close()
}

// rewatch watches the directories that lead to the files now.
func (w *Watcher) rewatch() {
	now := places{}
	w.files = slices.DeleteFunc(w.files, func(file string) bool { return !now.lead(absolute(file)) })
	if len(w.files) == 0 {
		return
	}
	if !w.tried {
		w.tried = true
		w.notify, w.trouble = fsnotify.NewWatcher()
	}
	if w.notify == nil {
		return
	}
	for dir := range w.watched {
		if now[dir] == nil {
			_ = w.notify.Remove(dir) // it may be gone
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(now)) {
		// Again, too: another directory may have its name by now.
		if err := w.notify.Add(dir); err != nil && w.watched[dir] == nil {
			w.trouble = fmt.Errorf("%s: %w", dir, err)
		}
	}
	w.watched = now
}

func absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	return dir + "/" + path // uncleaned: what is before a .. may be a symbolic link
}

func (w *Watcher) events() chan fsnotify.Event {
	if w.notify == nil {
		return nil
	}
	return w.notify.Events
}

// lost tells that there were more events than the kernel keeps.
func (w *Watcher) lost() chan error {
	if w.notify == nil {
		return nil
	}
	return w.notify.Errors
}
