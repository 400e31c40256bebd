package resolve

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// A record without data is none.
func TestBareRecords(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		header := func(kind uint16) dns.RR_Header {
			return dns.RR_Header{Name: ascii.Lower(m.Question[0].Name), Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
		}
		reply := new(dns.Msg).SetReply(m)
		reply.Answer = []dns.RR{&dns.A{Hdr: header(dns.TypeA)}, &dns.CNAME{Hdr: header(dns.TypeCNAME)}}
		if header(0).Name == "b.corp." {
			reply.Answer = append(reply.Answer, answerOf("b.corp. 60 IN A 192.0.2.1").records...)
		}
		_ = w.WriteMsg(reply)
	})
	r := resolver(t, Config{}, l)
	expect(t, lookup(t, r, "a.corp", Chain{AllowLocal: true}), "NOERROR")
	expect(t, lookup(t, r, "b.corp", Chain{AllowLocal: true}), "NOERROR", "192.0.2.1")
}
