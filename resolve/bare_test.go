package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// A record without data is none.
func TestBareRecords(t *testing.T) {
	header := func(kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: "a.corp.", Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
	}
	bare := []dns.RR{&dns.A{Hdr: header(dns.TypeA)}, &dns.CNAME{Hdr: header(dns.TypeCNAME)}}
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := new(dns.Msg).SetReply(m)
		reply.Answer = bare
		_ = w.WriteMsg(reply)
	})
	r := resolver(t, Config{}, l)
	expect(t, lookup(t, r, "a.corp", Chain{AllowLocal: true}), "NOERROR")
	bare = append(bare, answerOf("a.corp. 60 IN A 192.0.2.1").records...)
	expect(t, lookup(t, r, "a.corp", Chain{AllowLocal: true}), "NOERROR", "192.0.2.1")
}
