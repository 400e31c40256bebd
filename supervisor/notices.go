package supervisor

import (
	"fmt"
	"io"
	"sync"
)

// maxNotices is how many different lines a run says; the tree must not flood the terminal. The log has the rest.
const maxNotices = 200

// notices says each thing once on standard error.
type notices struct {
	mu   sync.Mutex
	out  io.Writer // nil says nothing
	said map[string]bool
}

func newNotices(out io.Writer) *notices { return &notices{out: out, said: map[string]bool{}} }

// once writes one line for key, and nothing when it comes again. The line must be printable.
func (n *notices) once(key, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.out == nil || n.said[key] || len(n.said) > maxNotices {
		return
	}
	n.said[key] = true
	if len(n.said) > maxNotices {
		format, args = "more was denied than is said here; --audit FILE has it all", nil
	}
	n.write(format, args...)
}

// line writes one line, however often.
func (n *notices) line(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.out != nil {
		n.write(format, args...)
	}
}

func (n *notices) write(format string, args ...any) {
	// Nobody hears that standard error is gone.
	_, _ = fmt.Fprintf(n.out, "codex-dnsvisor: "+format+"\n", args...)
}
