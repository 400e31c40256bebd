package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// A second DNAME of a name, which none may have, does not bring a denied target past the check of the first.
func TestSecondDNAME(t *testing.T) {
	l := newLiar(t, honest("a.corp. 60 IN DNAME good.corp.", "a.corp. 60 IN DNAME denied.corp."))
	r := resolver(t, Config{}, l)
	chain := Chain{Judge: judge{deny: func(target string) string {
		if target == "denied.corp." {
			return "a rule"
		}
		return ""
	}}}
	expect(t, r.Lookup(t.Context(), Question{Name: "a.corp", Type: dns.TypeDNAME, Class: dns.ClassINET}, chain), "NOERROR", "good.corp.")
}
