package resolve

import (
	"context"
	"errors"
)

// learn asks the upstreams at the chain's pace, once for all who ask the same at the same time. It fails with an answer that
// says why.
func (r *Resolver) learn(ctx context.Context, q Question, c Chain) (map[stepKey]step, Answer) {
	if err := c.pace(ctx); err != nil {
		return nil, ServFail(0, "too many questions to upstreams")
	}
	key, post := q.key(q.fqdn()), PostOf(ctx)
	asked, first := r.flight.join(key)
	//nolint:contextcheck // what is asked outlives the one who asks first: others wait for it too
	switch {
	case first && post.begin():
		own, cancel := context.WithCancel(ctx) // all that may hold a post end together
		stop := context.AfterFunc(r.ctx, cancel)
		r.fly(own, key, q, asked)
		stop()
		cancel()
	case first:
		go func() {
			own, cancel := context.WithTimeout(r.ctx, r.timeout)
			defer cancel()
			r.fly(own, key, q, asked)
		}()
	default:
		post.Leave()
	}
	select {
	case <-ctx.Done():
		return nil, ServFail(EDENoReachableAuthority, "no upstream answered in time")
	case <-asked.done:
		if asked.err != nil {
			return nil, failure(asked.err)
		}
		return asked.steps, Answer{}
	}
}

// fly asks for all who have joined.
func (r *Resolver) fly(ctx context.Context, key stepKey, q Question, asked *asked) {
	defer r.flight.end(key, asked)
	switch {
	case !r.begin():
		asked.err = errClosed
		return
	case !r.slots.TryAcquire(1):
		asked.err = errBusy
	default:
		asked.steps, asked.err = r.askAll(ctx, q)
		r.slots.Release(1)
	}
	r.asking.Done()
}

// begin counts a question that Close has to wait for. False: it waits already.
func (r *Resolver) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.asking.Add(1)
	}
	return !r.closed
}

var (
	errClosed = errors.New("the resolver is closed")
	errBusy   = errors.New("too many questions are waiting for upstreams")
	errNone   = errors.New("no upstream is configured")
)

// failure tells upstreams that do not answer from those that cannot be reached. Clients hear no more than that.
func failure(err error) Answer {
	var timeout interface{ Timeout() bool }
	a := ServFail(EDENetworkError, "no upstream can be reached")
	if errors.Is(err, errRefusing) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		a = ServFail(EDENoReachableAuthority, "no upstream answered")
	}
	a.reason += ": " + err.Error()
	return a
}

// askAll asks the upstreams, and caches what the first good reply says. What it says of names about which others are to be
// asked is left aside: an upstream of one side of a split horizon must not speak for the other.
func (r *Resolver) askAll(ctx context.Context, q Question) (map[stepKey]step, error) {
	reply, err := r.servers.ask(ctx, q, r.timeout)
	if err != nil {
		return nil, err
	}
	zone, _ := r.servers.zone(q.Name)
	steps := takeApart(q, reply)
	for key, s := range steps {
		if whose, _ := r.servers.zone(key.name); whose != zone {
			delete(steps, key)
			continue
		}
		steps[key] = r.cache.put(key, s)
	}
	return steps, nil
}
