package resolve

import (
	"os"
	"testing"
	"time"
)

// descriptors is how many this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(all)
}

// Close leaves no connection, whatever the server did: kept, cut, or still waiting for a reply.
func TestNothingIsLeft(t *testing.T) {
	for _, network := range []string{"tcp", "tls", "https", "unix"} {
		for name, d := range map[string]misdeed{
			"answered": {lie: honestly, say: -1}, "cut": misdeeds["cut"], "silent": misdeeds["nothing at all"], "forged": misdeeds["another id"],
		} {
			t.Run(network+" "+name, func(t *testing.T) {
				u := crook(t, network, d)
				before := descriptors(t)
				r, err := New(Config{Upstreams: []Upstream{u}, Timeout: 300 * time.Millisecond})
				must(t, err)
				for range 3 {
					lookup(t, r, "a.corp", Chain{})
				}
				during := descriptors(t)
				must(t, r.Close())
				end := time.Now().Add(10 * time.Second) // the server closes its side when ours is closed
				for descriptors(t) > before {
					if time.Now().After(end) {
						t.Fatalf("%d descriptors before, %d after; %d while it asked", before, descriptors(t), during)
					}
					time.Sleep(time.Millisecond) //nolint:forbidigo // nothing tells when another goroutine has closed its own
				}
			})
		}
	}
}
