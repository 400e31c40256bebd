package resolve

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// working is what a resolver, its predecessors and its successors have in hand: all of them together keep the bound of it,
// and one Close ends it.
type working struct {
	ctx    context.Context //nolint:containedctx // ends what is asked upstream, which outlives the question
	cancel context.CancelFunc
	asking sync.WaitGroup
	mu     sync.Mutex // over closed, and over what asking begins with
	closed bool
	slots  *semaphore.Weighted
}

// knowing is what upstreams said, and what is known of them.
type knowing struct {
	from    Config // but for what answers are given from without asking, or only chosen by
	cache   *cache
	servers *servers
	flight  flight
}

// Successor makes the resolver that answers from now on. A question that r has begun ends with r, and nothing of r is left
// then. The successor has r's cache, what r knows of its upstreams and what it asks them at the moment, where the
// settings of upstreams, cache and times to live are the same; else it begins with nothing, and connections that r keeps to its
// upstreams are closed. Closing either closes both.
func (r *Resolver) Successor(c Config) (*Resolver, error) { return c.follow(r) }

// share gives the parts that may be another's; c has its defaults.
func (c Config) share(before *Resolver) (*knowing, *working, error) {
	var w *working
	if before != nil {
		w = before.working
	} else {
		w = &working{slots: semaphore.NewWeighted(maxInFlight)}
		w.ctx, w.cancel = context.WithCancel(context.Background())
	}
	c.Records, c.Types, c.Local, c.Own, c.Timeout = nil, nil, nil, nil, 0
	if before != nil && reflect.DeepEqual(before.from, c) {
		return before.knowing, w, nil
	}
	cache, err := newCache(c.CacheSize, c.MinTTL, c.MaxTTL, c.Stale)
	if err != nil {
		return nil, nil, err
	}
	servers := newServers(w.ctx, &c)
	if before != nil {
		before.servers.exchanger.rest()
		servers.succeed(before.servers)
	}
	return &knowing{from: c, cache: cache, servers: servers}, w, nil
}

// rest closes the spare socket, and the connections that wait for a question. Those that carry one are kept for a while after it, as always.
func (e *exchanger) rest() {
	e.spare.rest()
	e.idle.mu.Lock()
	kept := slices.Collect(maps.Keys(e.idle.kept))
	e.idle.mu.Unlock()
	for _, u := range kept {
		e.idle.drop(u)
	}
	e.web.mu.Lock()
	defer e.web.mu.Unlock()
	for _, t := range e.web.of {
		t.CloseIdleConnections()
	}
}
