package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// What is read of a reply is its own: the buffer that it came in is the next one's.
func TestReplyKeepsNothingOfItsBuffer(t *testing.T) {
	for _, record := range []string{
		"a.corp. 60 IN A 192.0.2.1", "a.corp. 60 IN AAAA 2001:db8::1", "a.corp. 60 IN TXT \"some text\"", "a.corp. 60 IN MX 10 mx.corp.", "a.corp. 60 IN CAA 0 issue \"ca.corp\"",
		"a.corp. 60 IN HTTPS 1 b.corp. alpn=h2 port=1 ipv4hint=192.0.2.1 ech=AAAA ipv6hint=2001:db8::1 key65000=abcd", "a.corp. 60 IN TLSA 3 1 1 00112233", "a.corp. 60 IN SSHFP 4 2 00112233",
		"a.corp. 60 IN DS 1 8 2 00112233", "a.corp. 60 IN DNSKEY 256 3 8 AwEAAaa1", "a.corp. 60 IN URI 10 1 \"https://a.corp/\"", "a.corp. 60 IN SRV 1 2 3 b.corp.", "a.corp. 60 IN TYPE65400 \\# 4 00112233",
		"a.corp. 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 corp. AAAA",
	} {
		rr, err := dns.NewRR(record)
		must(t, err)
		m := new(dns.Msg).SetQuestion("a.corp.", rr.Header().Rrtype).SetEdns0(ownUDPSize, true)
		whole := new(dns.Msg).SetReply(m)
		whole.Answer = []dns.RR{rr}
		wire := wireOf(whole)
		reply, like, err := readReply(wire, m)
		must(t, err)
		for i := range wire {
			wire[i] = 0xff
		}
		if like != same || len(reply.Answer) != 1 || reply.Answer[0].String() != rr.String() {
			t.Errorf("%s became %v", rr, reply.Answer)
		}
	}
}
