package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// A name of an address that cannot be looked up at the moment is not one that does not lead back.
func TestUnknownNameOfAddress(t *testing.T) {
	good := honest("1.2.0.192.in-addr.arpa. 60 IN PTR a.corp.")
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
		if m.Question[0].Qtype == dns.TypePTR {
			good(w, m, tcp)
			return
		}
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, dns.RcodeServerFailure))
	})
	r := resolver(t, Config{}, l)
	a := r.Lookup(t.Context(), reverse("1.2.0.192.in-addr.arpa"), Chain{Confirm: true})
	if expect(t, a, "SERVFAIL"); a.Unconfirmed() || !a.Failed() {
		t.Errorf("unconfirmed %v, failed %v: %s", a.Unconfirmed(), a.Failed(), a.Reason())
	}
}
