package resolve

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// The bounds on times to live hold for the first answer as for those from the cache. RFC 2181 section 8: the top bit
// means zero.
func TestTimeToLiveBounds(t *testing.T) {
	l := newLiar(t, honest("long.corp. 900000 IN A 192.0.2.1", "short.corp. 1 IN A 192.0.2.2",
		"alias.corp. 900000 IN CNAME long.corp.", "top.corp. 4000000000 IN A 192.0.2.3"))
	r := resolver(t, Config{MinTTL: 10 * time.Second, MaxTTL: 100 * time.Second}, l)
	for _, name := range []string{"long.corp", "short.corp", "alias.corp", "top.corp"} {
		for i, a := range []Answer{lookup(t, r, name, Chain{}), lookup(t, r, name, Chain{})} {
			for _, rr := range a.records {
				if ttl := rr.Header().Ttl; ttl < 9 || ttl > 100 {
					t.Errorf("answer %d of %s: TTL %d", i, name, ttl)
				}
			}
		}
	}
	if a := lookup(t, resolver(t, Config{}, l), "top.corp", Chain{}); len(a.records) != 1 || a.records[0].Header().Ttl != 0 {
		t.Errorf("the top bit: %v", a.records)
	}
}

// MinTTL lengthens what an upstream limits; a negative answer without a SOA has nothing to lengthen (RFC 2308 section 5).
func TestNegativeWithoutSOAIsNotKept(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) { _ = w.WriteMsg(new(dns.Msg).SetReply(m)) })
	r := resolver(t, Config{MinTTL: time.Minute}, l)
	lookup(t, r, "a.corp", Chain{})
	if _, ok := r.Cached(question("a.corp"), Chain{}); ok {
		t.Error("kept for a minute")
	}
}

// A SOA of a zone that the name is not in says nothing of the name.
func TestForeignSOA(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := new(dns.Msg).SetRcode(m, dns.RcodeNameError)
		reply.Ns = answerOf("bank.example. 900 IN SOA ns.bank.example. x.bank.example. 1 2 3 4 900").records
		_ = w.WriteMsg(reply)
	})
	r := resolver(t, Config{}, l)
	a := lookup(t, r, "a.corp", Chain{})
	expect(t, a, "NXDOMAIN")
	for _, rr := range a.authority {
		if strings.Contains(rr.String(), "bank.example") {
			t.Errorf("passed on: %v", rr)
		}
	}
	if _, ok := r.Cached(question("a.corp"), Chain{}); ok {
		t.Error("kept on the word of a foreign SOA")
	}
}
