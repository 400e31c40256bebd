package supervisor

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	maxNotices = 200 // different lines that a run says; the tree must not flood the terminal, and the log has the rest
	maxUnsaid  = 256 // lines that wait for standard error
)

// notices says each thing once on standard error. It never waits for it: the command shares it, and may have filled it.
type notices struct {
	mu    sync.Mutex
	said  map[string]bool
	lines chan string // nil says nothing
	done  chan struct{}
}

// newNotices says things on out; nil says nothing.
func newNotices(out io.Writer) *notices {
	n := &notices{said: map[string]bool{}, done: make(chan struct{})}
	if out == nil {
		close(n.done)
		return n
	}
	n.lines = make(chan string, maxUnsaid)
	go func() {
		defer close(n.done)
		for line := range n.lines {
			_, _ = io.WriteString(out, line) // nobody hears that standard error is gone
		}
	}()
	return n
}

// close says what is left to say. No other method may be called any more.
func (n *notices) close() {
	if n.lines != nil {
		close(n.lines)
	}
	select {
	case <-n.done:
	case <-time.After(lastWords):
	}
}

// lastWords is how long the end waits for a standard error that nobody reads.
const lastWords = time.Second

// heard says whether once would write nothing for key.
func (n *notices) heard(key string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lines == nil || n.said[key] || len(n.said) > maxNotices
}

// once writes one line for key, and nothing when it comes again. The line must be printable.
func (n *notices) once(key, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.said[key] || len(n.said) > maxNotices {
		return
	}
	n.said[key] = true
	if len(n.said) > maxNotices {
		format, args = "more was denied than is said here; --audit FILE has it all", nil
	}
	n.line(format, args...)
}

// line writes one line, however often; it is lost where standard error is far behind.
func (n *notices) line(format string, args ...any) {
	if n.lines == nil {
		return
	}
	select {
	case n.lines <- fmt.Sprintf("codex-dnsvisor: "+format+"\n", args...):
	default:
	}
}
