package resolve

import (
	"fmt"
	"testing"
)

// An address with many names, of which none leads back, is not a question upstream for each.
func TestNamesThatLeadNowhere(t *testing.T) {
	var zone []string
	for i := range 100 {
		zone = append(zone, fmt.Sprintf("1.2.0.192.in-addr.arpa. 60 IN PTR n%d.corp.", i), fmt.Sprintf("n%d.corp. 60 IN A 192.0.2.99", i))
	}
	l := newLiar(t, honest(zone...))
	r := resolver(t, Config{CacheSize: 1000}, l)
	if a := pointers(t, r, "1.2.0.192.in-addr.arpa", Chain{Confirm: true}); !a.Unconfirmed() {
		t.Errorf("%s %q", a.RCode(), a.Answers())
	}
	if asked := l.asked.Load(); asked > 1+maxConfirmed {
		t.Errorf("an upstream was asked %d times", asked)
	}
}
