package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// No two steps of a reply have a record in common: one is in the cache, and read there, while the other's time to live
// is set.
func TestStepsShareNothing(t *testing.T) {
	reply := &dns.Msg{Answer: answerOf("d.corp. 60 IN DNAME x.d.corp.").records}
	whose := map[dns.RR]stepKey{}
	for key, s := range takeApart(question("a.d.corp"), reply) {
		for _, rr := range s.records {
			if other, shared := whose[rr]; shared {
				t.Fatalf("%v and %v share %v", key, other, rr)
			}
			whose[rr] = key
		}
	}
	if len(whose) <= 2 {
		t.Errorf("%d records: there was nothing to share", len(whose))
	}
}
