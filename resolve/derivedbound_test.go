package resolve

import (
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"
)

// An answer leads to no more names and addresses than are counted, however many it has.
func TestDerivedIsBounded(t *testing.T) {
	var records []dns.RR
	for i := range 2 * maxDerived {
		records = append(records, answerOf(fmt.Sprintf("a.corp. 60 IN MX 1 m%d.corp.", i)).records...)
	}
	answer := Answer{known: true, records: records}
	derived := slices.Collect(answer.Derived())
	if len(derived) != maxDerived || derived[0].Name != "m0.corp" || derived[maxDerived-1].Name != fmt.Sprintf("m%d.corp", maxDerived-1) {
		t.Errorf("%d names", len(derived))
	}
}
