package resolve

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
)

// A set of records is given whole, however large, or cut with TC: RFC 2181 section 5.1. Only what is kept is bounded.
func TestLargeSets(t *testing.T) {
	for count, kept := range map[int]bool{maxCached: true, 4000: false} {
		var records []string
		for i := range count {
			records = append(records, fmt.Sprintf("a.corp. 60 IN A 10.0.%d.%d", i/256, i%256))
		}
		all := answerOf(records...).records
		l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
			reply := recursive(all, m)
			reply.Compress = true
			if !tcp {
				reply.Truncate(ownUDPSize)
			}
			_ = w.WriteMsg(reply)
		})
		r := resolver(t, Config{}, l)
		if a := lookup(t, r, "a.corp", Chain{}); len(a.records) != count {
			t.Errorf("%d records of %d: %s", len(a.records), count, a.Reason())
		}
		if _, ok := r.Cached(question("a.corp"), Chain{}); ok != kept {
			t.Errorf("%d records kept: %v", count, ok)
		}
	}
}
