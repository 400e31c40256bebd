package resolve

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func succeed(t *testing.T, r *Resolver, c Config) *Resolver {
	t.Helper()
	next, err := r.Successor(c)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// What was learnt stays known as long as the same upstreams are asked in the same way; records are the successor's own.
func TestSuccessorKnows(t *testing.T) {
	l := newLiar(t, honest("www.corp. 60 IN CNAME a.cdn.", "a.cdn. 60 IN A 192.0.2.1"))
	with := func(text string) Config {
		c := Config{Upstreams: []Upstream{{network: "udp", address: l.address}}, CacheSize: 10}
		if text != "" {
			c.Records = records(t, text)
		}
		return c
	}
	r := resolver(t, with("a.corp. A 192.0.2.7\n"))
	expect(t, lookup(t, r, "www.corp", Chain{}), "NOERROR", "a.cdn", "192.0.2.1")
	asked := l.asked.Load()

	next := succeed(t, r, with("a.cdn. A 192.0.2.8\n"))
	expect(t, lookup(t, next, "www.corp", Chain{}), "NOERROR", "a.cdn", "192.0.2.8")
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.7")
	if l.asked.Load() != asked {
		t.Errorf("asked %d times more", l.asked.Load()-asked)
	}

	other := newLiar(t, honest("www.corp. 60 IN A 192.0.2.9"))
	c := with("")
	c.Upstreams = []Upstream{{network: "udp", address: other.address}}
	expect(t, lookup(t, succeed(t, next, c), "www.corp", Chain{}), "NOERROR", "192.0.2.9")
	c = with("")
	c.MinTTL = 1
	expect(t, lookup(t, succeed(t, next, c), "www.corp", Chain{}), "NOERROR", "a.cdn", "192.0.2.1")
	if l.asked.Load() == asked {
		t.Error("a cache of other times to live is kept")
	}
}

// A question in flight ends with the resolver that it began with, whatever has succeeded that; one Close ends all.
func TestSuccessorWhileAsking(t *testing.T) {
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
		asked <- struct{}{}
		<-answer
		honest("www.corp. 60 IN CNAME a.corp.")(w, m, tcp)
	})
	c := Config{Upstreams: []Upstream{{network: "udp", address: l.address}}, Records: records(t, "a.corp. A 192.0.2.7\n")}
	r := resolver(t, c)
	got := make(chan Answer)
	go func() { got <- lookup(t, r, "www.corp", Chain{}) }()
	<-asked
	next := r
	for range 100 {
		c.Records, c.CacheSize = records(t, "a.corp. A 192.0.2.8\n"), c.CacheSize+1
		next = succeed(t, next, c)
	}
	close(answer)
	expect(t, <-got, "NOERROR", "a.corp", "192.0.2.7")
	expect(t, lookup(t, next, "www.corp", Chain{}), "NOERROR", "a.corp", "192.0.2.8")
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if a := next.Lookup(context.Background(), question("late.corp"), Chain{}); !strings.Contains(a.Reason(), "closed") {
		t.Errorf("a successor asks on: %s", a.Reason())
	}
}

// Connections to upstreams are kept for a successor that asks the same ones, and no longer.
func TestSuccessorConnections(t *testing.T) {
	l := newLiar(t, honest("a.corp. 60 IN A 192.0.2.1", "b.corp. 60 IN A 192.0.2.2"))
	c := Config{Upstreams: []Upstream{{network: "tcp", address: l.address}}, CacheSize: 10}
	r := resolver(t, c)
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	kept := func() int { return len(r.servers.exchanger.idle.kept[c.Upstreams[0]]) }
	c.Records = records(t, "c.corp. A 192.0.2.3\n")
	next := succeed(t, r, c)
	expect(t, lookup(t, next, "b.corp", Chain{}), "NOERROR", "192.0.2.2")
	if kept() != 1 {
		t.Errorf("%d connections are kept for the same upstream", kept())
	}
	c.MinTTL = time.Second
	succeed(t, next, c)
	if kept() != 0 {
		t.Errorf("%d connections are kept for nobody", kept())
	}
}
