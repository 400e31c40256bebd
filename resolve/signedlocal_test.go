package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// An answer of local addresses is filtered, and said to be, with signatures as without.
func TestSignedLocalAddress(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := new(dns.Msg).SetReply(m)
		reply.Answer = answerOf("a.corp. 60 IN A 127.0.0.1", "a.corp. 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 corp. AAAA").records
		_ = w.WriteMsg(reply)
	})
	r := resolver(t, Config{}, l)
	q := question("a.corp")
	q.DNSSEC = true
	if a := r.Lookup(t.Context(), q, Chain{}); !a.Filtered() || len(a.records) != 0 {
		t.Errorf("filtered %v: %v", a.Filtered(), a.records)
	}
}
