package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// headStart is what an upstream has in a race before the next is asked too: more than a resolver nearby takes for what it
// has in its cache, so that one that is well is mostly asked alone, and less than anybody notices.
const headStart = 50 * time.Millisecond

// attempts asks upstreams one question.
type attempts struct {
	servers  *servers
	question Question
	lanes    int
	share    time.Duration // of one attempt
	queue    []Upstream    // each as often as it is asked at most
	refusing map[Upstream]bool
	failures map[Upstream]error

	running []Upstream   // of a race, in the order in which they were asked
	done    chan attempt // of a race
}

type attempt struct {
	upstream Upstream
	reply    *dns.Msg
	err      error
}

// ask puts a question to the upstreams for its name, in order, twice to those that do not answer, and returns the first good
// reply. One that refuses is well, and is not asked the same again.
func (s *servers) ask(ctx context.Context, q Question, within time.Duration) (*dns.Msg, error) {
	order, err := s.order(q.Name)
	if len(order) == 0 {
		return nil, errors.Join(errNone, err)
	}
	a := &attempts{
		servers: s, question: q, lanes: min(s.lanes, len(order)), queue: slices.Repeat(order, tries),
		refusing: map[Upstream]bool{}, failures: map[Upstream]error{},
	}
	within -= within / 20 // so that who waits hears what went wrong, and not only that time is up
	a.share = max(within*time.Duration(a.lanes)/time.Duration(tries*len(order)), shortestTry)
	var reply *dns.Msg
	if a.lanes == 1 {
		reply, err = a.inTurn(ctx)
	} else {
		reply, err = a.race(ctx)
	}
	if err != nil {
		return nil, a.failure(order)
	}
	return reply, nil
}

// inTurn asks one after the other.
func (a *attempts) inTurn(ctx context.Context) (*dns.Msg, error) {
	for _, u := range a.queue {
		if ctx.Err() != nil {
			break
		}
		if a.refusing[u] {
			continue
		}
		reply, err := a.servers.try(ctx, a.share, u, a.question)
		if err == nil {
			return reply, nil
		}
		a.failed(u, err)
	}
	return nil, errAllFailed
}

// race asks several at once. It returns when none is being asked any more.
func (a *attempts) race(ctx context.Context) (*dns.Msg, error) {
	PostOf(ctx).Leave()
	a.done = make(chan attempt, a.lanes)
	ctx, cancel := context.WithCancel(ctx)
	reply, err := a.first(ctx)
	cancel()
	for range a.running {
		<-a.done
	}
	return reply, err
}

var errAllFailed = errors.New("every upstream failed")

// first is the first good reply.
func (a *attempts) first(ctx context.Context) (*dns.Msg, error) {
	late := time.NewTicker(headStart)
	defer late.Stop()
	for a.start(ctx); len(a.running) > 0; {
		select {
		case one := <-a.done:
			if one.err == nil {
				a.outrun(one.upstream)
				return one.reply, nil
			}
			a.note(one)
			a.start(ctx)
			late.Reset(headStart)
		case <-late.C:
			if len(a.running) < a.lanes {
				a.start(ctx)
			}
		}
	}
	return nil, errAllFailed
}

// start asks the next upstream, if there is one.
func (a *attempts) start(ctx context.Context) {
	for len(a.queue) > 0 && ctx.Err() == nil {
		u := a.queue[0]
		a.queue = a.queue[1:]
		if a.refusing[u] {
			continue
		}
		a.running = append(a.running, u)
		go func() {
			reply, err := a.servers.try(ctx, a.share, u, a.question)
			a.done <- attempt{u, reply, err}
		}()
		return
	}
}

// failed remembers how an attempt ended.
func (a *attempts) failed(u Upstream, err error) {
	a.refusing[u] = errors.Is(err, errRefusing)
	a.failures[u] = fmt.Errorf("%s: %w", u, err)
}

// note takes a failed attempt off.
func (a *attempts) note(one attempt) {
	a.failed(one.upstream, one.err)
	at := slices.Index(a.running, one.upstream)
	a.running = slices.Delete(a.running, at, at+1)
}

// outrun reports those that lost a race in spite of their head start.
func (a *attempts) outrun(winner Upstream) {
	at := slices.Index(a.running, winner)
	for _, u := range a.running[:at] {
		a.servers.report(u, false)
	}
	a.running = slices.Delete(a.running, at, at+1)
}

// try asks one upstream. What ends for another reason than the upstream's slowness says nothing of its health.
func (s *servers) try(ctx context.Context, share time.Duration, u Upstream, q Question) (*dns.Msg, error) {
	own, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	reply, err := s.exchanger.exchange(own, u, q)
	if ok := err == nil || errors.Is(err, errRefusing); ok || ctx.Err() == nil {
		s.report(u, ok)
	}
	return reply, err
}

// failures are the last errors of upstreams.
type failures []error

func (f failures) Error() string {
	var all []string
	for _, err := range f {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}

func (f failures) Unwrap() []error { return f }

// failure is what went wrong with each upstream, in order.
func (a *attempts) failure(order []Upstream) error {
	var all failures
	for _, u := range order {
		if err := a.failures[u]; err != nil && !slices.Contains(all, err) {
			all = append(all, err)
		}
	}
	if len(all) == 0 {
		return context.DeadlineExceeded // nobody had begun to answer
	}
	return all
}
