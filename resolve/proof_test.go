package resolve

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
)

// What an authority section can hold is compared record by record: no more than proves something is kept of it.
func TestProofIsBounded(t *testing.T) {
	reply := new(dns.Msg)
	for i := range 4000 {
		reply.Ns = append(reply.Ns, answerOf(fmt.Sprintf("n%d.corp. 60 IN NSEC o.corp. A", i)).records...)
	}
	q := question("a.corp")
	q.DNSSEC = true
	for key, s := range takeApart(q, reply) {
		if len(s.proof) != maxProof {
			t.Errorf("%v: %d records", key, len(s.proof))
		}
	}
}
