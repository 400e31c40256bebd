package resolve

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// watched is a post at a pipe, and how often it was left.
type watched struct {
	*Post
	write    *os.File
	relieved atomic.Int64
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	read, write, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { must(t, read.Close()) })
	t.Cleanup(func() { must(t, write.Close()) })
	w := &watched{write: write}
	w.Post = NewPost(int(read.Fd()), func() { w.relieved.Add(1) })
	return w
}

// wake gives somebody something to do there.
func (w *watched) wake(t *testing.T) {
	t.Helper()
	_, err := w.write.Write([]byte{0})
	must(t, err)
}

// Who holds a post keeps it where an upstream answers by UDP, and has it for the next question.
func TestPostIsKept(t *testing.T) {
	l := newLiar(t, honest("a.corp. 60 IN A 192.0.2.1", "b.corp. 60 IN A 192.0.2.2"))
	r := resolver(t, Config{}, l)
	for name, address := range map[string]string{"a.corp": "192.0.2.1", "b.corp": "192.0.2.2"} {
		w := newWatched(t)
		expect(t, r.Lookup(AtPost(t.Context(), w.Post), question(name), Chain{}), "NOERROR", address)
		if !w.Held() || w.relieved.Load() != 0 {
			t.Errorf("%s: it was left", name)
		}
	}
}

// A post is left as soon as there is something to do, once, and the question gets its answer all the same. So does who has joined.
func TestPostIsLeftForWork(t *testing.T) {
	w := newWatched(t)
	l := newLiar(t, func(rw dns.ResponseWriter, m *dns.Msg, _ bool) {
		w.wake(t)
		for w.relieved.Load() == 0 {
			time.Sleep(time.Millisecond) //nolint:forbidigo // of the upstream's own
		}
		_ = rw.WriteMsg(recursive(answerOf("a.corp. 0 IN A 192.0.2.1").records, m))
	})
	r := resolver(t, Config{}, l)
	expect(t, r.Lookup(AtPost(t.Context(), w.Post), question("a.corp"), Chain{}), "NOERROR", "192.0.2.1")
	if w.Held() || w.relieved.Load() != 1 {
		t.Errorf("left %d times", w.relieved.Load())
	}
}

// A post is left before anything is waited for but one upstream's datagram.
func TestPostIsLeftBeforeOtherWaits(t *testing.T) {
	alias := newLiar(t, func(rw dns.ResponseWriter, m *dns.Msg, _ bool) {
		all := answerOf("a.corp. 60 IN CNAME b.corp.", "b.corp. 60 IN A 192.0.2.1").records
		reply := recursive(all, m)
		reply.Answer = reply.Answer[:1] // not to the chain's end
		_ = rw.WriteMsg(reply)
	})
	folded := newLiar(t, func(rw dns.ResponseWriter, m *dns.Msg, tcp bool) {
		reply := recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m)
		reply.Truncated = !tcp
		_ = rw.WriteMsg(reply)
	})
	plain := newLiar(t, honest("a.corp. 60 IN A 192.0.2.1"))
	for name, r := range map[string]*Resolver{
		"a second name": resolver(t, Config{}, alias),
		"cut":           resolver(t, Config{}, folded),
		"tcp":           resolver(t, Config{Upstreams: []Upstream{{network: "tcp", address: plain.address}}}),
		"race":          resolver(t, Config{Order: Race}, plain, plain),
		"stale":         resolver(t, Config{Stale: time.Hour}, plain),
	} {
		w := newWatched(t)
		a := r.Lookup(AtPost(t.Context(), w.Post), question("a.corp"), Chain{})
		if a.RCode() != "NOERROR" || w.Held() || w.relieved.Load() != 1 {
			t.Errorf("%s: %s, left %d times", name, a.RCode(), w.relieved.Load())
		}
	}
}

// Who joins a question leaves its post, and each has the answer.
func TestPostIsLeftByWhoJoins(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	l := newLiar(t, func(rw dns.ResponseWriter, m *dns.Msg, _ bool) {
		close(begun)
		<-release
		_ = rw.WriteMsg(recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m))
	})
	r := resolver(t, Config{}, l)
	first, second := newWatched(t), newWatched(t)
	second.relieve = func() { second.relieved.Add(1); close(release) }
	answers := make(chan Answer)
	go func() { answers <- r.Lookup(AtPost(t.Context(), first.Post), question("a.corp"), Chain{}) }()
	<-begun
	expect(t, r.Lookup(AtPost(t.Context(), second.Post), question("a.corp"), Chain{}), "NOERROR", "192.0.2.1")
	expect(t, <-answers, "NOERROR", "192.0.2.1")
	if !first.Held() || second.Held() {
		t.Errorf("left %d and %d times", first.relieved.Load(), second.relieved.Load())
	}
}

// The end of who asks at a post is the question's, once the post is left; and an upstream that is silent ends it in its time.
func TestPostEnds(t *testing.T) {
	asked := make(chan struct{}, 8)
	l := newLiar(t, func(dns.ResponseWriter, *dns.Msg, bool) { asked <- struct{}{} })
	w, r := newWatched(t), resolver(t, Config{}, l)
	ctx, cancel := context.WithCancel(t.Context())
	w.relieve = cancel
	go func() { <-asked; w.wake(t) }()
	start := time.Now()
	if a := r.Lookup(AtPost(ctx, w.Post), question("a.corp"), Chain{}); !a.Failed() || time.Since(start) > defaultTimeout/2 {
		t.Errorf("%s after %v", a.RCode(), time.Since(start))
	}
	w, r = newWatched(t), resolver(t, Config{Timeout: 500 * time.Millisecond}, l)
	if a := r.Lookup(AtPost(t.Context(), w.Post), question("a.corp"), Chain{}); !a.Failed() || !w.Held() {
		t.Errorf("%s, left %d times", a.RCode(), w.relieved.Load())
	}
}
