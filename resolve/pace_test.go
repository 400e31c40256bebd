package resolve

import (
	"context"
	"errors"
	"testing"

	"github.com/miekg/dns"
)

// forgetful answers from records, one step of a chain a question.
func forgetful(records ...string) func(dns.ResponseWriter, *dns.Msg, bool) {
	all := answerOf(records...).records
	return func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		r := recursive(all, m)
		if len(r.Answer) > 1 {
			r.Answer = r.Answer[:1]
		}
		_ = w.WriteMsg(r)
	}
}

// Every name that upstreams are asked about has its wait: those of a chain, and of the names of an address.
func TestPace(t *testing.T) {
	l := newLiar(t, forgetful("a.corp. 60 IN CNAME b.corp.", "b.corp. 60 IN CNAME c.corp.", "c.corp. 60 IN A 192.0.2.1", "d.corp. 60 IN A 192.0.2.2",
		"2.2.0.192.in-addr.arpa. 60 IN PTR d.corp."))
	r := resolver(t, Config{CacheSize: 10}, l)
	for _, c := range []struct {
		q     Question
		names int64
		want  string
	}{
		{question("a.corp"), 3, "NOERROR"},
		{question("a.corp"), 0, "NOERROR"}, // known by now
		{question("b.corp"), 0, "NOERROR"},
		{Question{Name: "2.2.0.192.in-addr.arpa", Type: dns.TypePTR, Class: dns.ClassINET}, 2, "NOERROR"},
	} {
		before, waits := l.asked.Load(), int64(0)
		a := r.Lookup(t.Context(), c.q, Chain{Confirm: true, Pace: func(context.Context) error { waits++; return nil }})
		if asked := l.asked.Load() - before; a.RCode() != c.want || asked != c.names || waits != asked {
			t.Errorf("%s: %s after %d waits for %d questions, want %d", c.q.Name, a.RCode(), waits, asked, c.names)
		}
	}
}

// Who may not ask any more gets no answer, and nothing is asked for him.
func TestPaceRefuses(t *testing.T) {
	l := newLiar(t, forgetful("a.corp. 60 IN CNAME b.corp.", "b.corp. 60 IN A 192.0.2.1"))
	left := 1
	a := resolver(t, Config{}, l).Lookup(t.Context(), question("a.corp"), Chain{Pace: func(context.Context) error {
		if left--; left < 0 {
			return errors.New("too fast")
		}
		return nil
	}})
	if a.RCode() != "SERVFAIL" || !a.Failed() || a.Reason() != "too many questions to upstreams" || l.asked.Load() != 1 {
		t.Errorf("%s, %s, %d questions", a.RCode(), a.Reason(), l.asked.Load())
	}
}
