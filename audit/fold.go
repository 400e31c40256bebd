package audit

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// DefaultWindow is how long after the first event of a key others fold into it.
	DefaultWindow = 10 * time.Second
	// MaxFolded is how many keys are remembered at once; the oldest makes room for a new one.
	MaxFolded = 4096
)

// retries is what is known of one key. The first event itself is in the log and need not be kept.
type retries struct {
	first time.Time
	count int
	last  *Event // nil until count > 1: most keys stay alone, and an event is half a KiB
}

// folder counts retries, oldest first, so that the next window to end is always the oldest's.
type folder struct {
	window time.Duration
	keys   *simplelru.LRU[RetryKey, *retries]
	held   int // keys whose count is not in the log
}

// newFolder makes a folder; a window below zero folds nothing, zero is [DefaultWindow].
func newFolder(window time.Duration) (*folder, error) {
	if window == 0 {
		window = DefaultWindow
	}
	keys, err := simplelru.NewLRU[RetryKey, *retries](MaxFolded, nil)
	if err != nil {
		return nil, err
	}
	return &folder{window: window, keys: keys}, nil
}

// foldable reports whether e may fold at all.
func (f *folder) foldable(e *Event) bool { return f.window > 0 && e.Key != RetryKey{} }

// retry counts e where its key is known.
func (f *folder) retry(e *Event) bool {
	r, ok := f.keys.Peek(e.Key) // looking must not make it younger: a window counts from its first event
	if !ok {
		return false
	}
	if r.count == 1 {
		f.held++
	}
	r.count++
	if r.last == nil {
		r.last = new(Event)
	}
	*r.last = *e
	return true
}

// remember takes the key of an event that was written; [folder.full] must be false.
func (f *folder) remember(key RetryKey, now time.Time) {
	f.keys.Add(key, &retries{first: now, count: 1})
}

func (f *folder) full() bool { return f.keys.Len() >= MaxFolded }

// oldest is the key whose window ends first, and when.
func (f *folder) oldest() (r *retries, end time.Time, ok bool) {
	_, r, ok = f.keys.GetOldest()
	if !ok {
		return nil, time.Time{}, false
	}
	return r, r.first.Add(f.window), true
}

// forget drops the oldest key.
func (f *folder) forget() {
	if _, r, ok := f.keys.RemoveOldest(); ok && r.count > 1 {
		f.held--
	}
}
