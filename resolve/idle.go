package resolve

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	maxConnections = 8                // to one upstream, each with a question; unbound takes ten of all its clients if it is not told otherwise
	maxIdle        = 4                // connections to one upstream that wait for a question
	idleTime       = 10 * time.Second // RFC 7766 section 6.2.3: a server may close sooner
)

// idle keeps connections that have answered for the next question to the same upstream. One carries one question at a time:
// nothing that comes late can be taken for another's reply.
type idle struct {
	mu    sync.Mutex
	kept  map[Upstream][]*waiting
	slots map[Upstream]*semaphore.Weighted // of those that are not idle
}

type waiting struct {
	conn net.Conn
	end  *time.Timer
}

// enter waits for its turn to have a connection, until leave.
func (i *idle) enter(ctx context.Context, u Upstream) (leave func(), err error) {
	i.mu.Lock()
	slots := i.slots[u]
	if slots == nil {
		if i.slots == nil {
			i.slots = map[Upstream]*semaphore.Weighted{}
		}
		slots = semaphore.NewWeighted(maxConnections)
		i.slots[u] = slots
	}
	i.mu.Unlock()
	if err := slots.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("%d questions are waiting for it already: %w", maxConnections, err)
	}
	return func() { slots.Release(1) }, nil
}

// take returns the connection that was used last; nil where none is left.
func (i *idle) take(u Upstream) net.Conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	kept := i.kept[u]
	if len(kept) == 0 {
		return nil
	}
	w := kept[len(kept)-1]
	i.kept[u] = kept[:len(kept)-1]
	w.end.Stop() // too late, it finds the connection gone
	return w.conn
}

// put keeps a connection for a while.
func (i *idle) put(u Upstream, conn net.Conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.kept[u]) >= maxIdle {
		_ = conn.Close()
		return
	}
	if i.kept == nil {
		i.kept = map[Upstream][]*waiting{}
	}
	w := &waiting{conn: conn}
	w.end = time.AfterFunc(idleTime, func() { i.expire(u, w) })
	i.kept[u] = append(i.kept[u], w)
}

func (i *idle) expire(u Upstream, w *waiting) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if at := slices.Index(i.kept[u], w); at >= 0 {
		i.kept[u] = slices.Delete(i.kept[u], at, at+1)
		_ = w.conn.Close()
	}
}

// drop closes what is kept for an upstream, which has closed one of them itself.
func (i *idle) drop(u Upstream) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, w := range i.kept[u] {
		w.end.Stop()
		_ = w.conn.Close()
	}
	delete(i.kept, u)
}
