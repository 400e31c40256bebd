package resolve

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// Close waits for what is asked, and what is asked after it fails at once.
func TestCloseWhileAsking(t *testing.T) {
	silent := newLiar(t, func(dns.ResponseWriter, *dns.Msg, bool) {})
	for range 50 {
		r, err := New(Config{Upstreams: []Upstream{{network: "udp", address: silent.address}}})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for _, name := range []string{"a.corp", "b.corp", "c.corp", "d.corp"} {
			all.Go(func() {
				if a := r.Lookup(context.Background(), question(name), Chain{}); !a.Failed() {
					t.Errorf("%s", a.RCode())
				}
			})
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		if a := r.Lookup(context.Background(), question("late.corp"), Chain{}); !strings.Contains(a.Reason(), "closed") {
			t.Errorf("asked after Close: %s", a.Reason())
		}
	}
}
