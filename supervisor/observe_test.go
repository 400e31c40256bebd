package supervisor

import (
	"net/netip"
	"testing"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// What lies behind a name that a rule denies has no lease where that is only observed, as it has none where it is denied:
// else the log would call allowed what is going to be denied.
func TestObservedChainGivesNoLease(t *testing.T) {
	for _, observe := range []bool{true, false} {
		rules := rulesOf(t, nil, policy.Allow)
		records, err := resolve.ParseZone("a.test. CNAME b.test.\nb.test. A 192.0.2.1\n", "zone")
		if err != nil {
			t.Fatal(err)
		}
		if rules.Resolver, err = resolve.New(resolve.Config{Records: records}); err != nil {
			t.Fatal(err)
		}
		denied, err := policy.ParsePattern("b.test")
		if err != nil {
			t.Fatal(err)
		}
		rules.Policy = policy.New(append(rules.Policy.Rules(), policy.Rule{Pattern: denied}))
		rules.Observe = observe
		d := newDesk(&Config{Rules: rules, Quiet: true})
		response := d.ask([]byte(questionOfA), asker{}, 512).await(t.Context())
		if answered := response[3]&15 == 0; answered != observe {
			t.Errorf("observe %v: %q", observe, response)
		}
		if lease, ok := d.leases.Address(netip.MustParseAddr("192.0.2.1"), time.Now()); ok {
			t.Errorf("observe %v: %+v", observe, lease)
		}
	}
}
