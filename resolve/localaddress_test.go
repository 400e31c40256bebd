package resolve

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// A CNAME that an upstream gives must not lead to loopback by way of the name localhost: the filter of local addresses
// holds however the address was come by.
func TestUpstreamChainToLocalhost(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := new(dns.Msg).SetReply(m)
		if ascii.Lower(m.Question[0].Name) == "a.corp." {
			reply.Answer = answerOf("a.corp. 60 IN CNAME x.localhost.").records
		}
		_ = w.WriteMsg(reply)
	})
	r := resolver(t, Config{Records: records(t, "own.corp. CNAME localhost.\n")}, l)
	if a := lookup(t, r, "a.corp", Chain{}); !a.Filtered() || len(a.Answers()) != 0 {
		t.Errorf("an upstream's CNAME to localhost: %q, filtered %v", a.Answers(), a.Filtered())
	}
	if a, ok := r.Cached(question("a.corp"), Chain{}); !ok || !a.Filtered() || len(a.Answers()) != 0 {
		t.Errorf("the same from the cache: %q, filtered %v, %v", a.Answers(), a.Filtered(), ok)
	}
	expect(t, lookup(t, r, "a.corp", Chain{AllowLocal: true}), "NOERROR", "x.localhost", "127.0.0.1")
	expect(t, lookup(t, r, "own.corp", Chain{}), "NOERROR", "localhost", "127.0.0.1")
	expect(t, lookup(t, r, "localhost", Chain{}), "NOERROR", "127.0.0.1")
}
