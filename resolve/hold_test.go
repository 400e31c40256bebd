package resolve

import (
	"os"
	"path/filepath"
	"testing"
)

// What we may write is read once alone, whatever mode it has, and a successor with other settings keeps what was read.
func TestHoldSystem(t *testing.T) {
	looks := 0
	path := filepath.Join(t.TempDir(), "resolv.conf")
	must(t, os.WriteFile(path, []byte("nameserver 192.0.2.53\nsearch first.example\n"), 0o444))
	c := Config{Upstreams: []Upstream{{}}, ResolvConf: path, HoldSystem: true}
	r := resolver(t, c)
	look := func(r *Resolver, want string) {
		t.Helper()
		looks++
		order, err := r.servers.order("a.corp")
		if err != nil || order[0].String() != "udp://"+want {
			t.Errorf("look %d: %v, %v", looks, order, err)
		}
	}
	look(r, "192.0.2.53:53")
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("nameserver 203.0.113.83\nsearch chosen.example\n"), 0o444))
	look(r, "192.0.2.53:53")
	c.CacheSize = 7
	next, err := r.Successor(c)
	must(t, err)
	look(next, "192.0.2.53:53")
	if bare, ok := next.Unexpanded("x.first.example"); !ok || bare != "x" {
		t.Errorf("the search list is gone: %q, %v", bare, ok)
	}
	c.HoldSystem = false
	look(resolver(t, c), "203.0.113.83:53")
	for place, want := range map[string]bool{path: true, filepath.Join(filepath.Dir(path), "absent"): true, "/proc/version": os.Geteuid() == 0} {
		if got := mayChange(place); got != want {
			t.Errorf("we may change %s: %v", place, got)
		}
	}
}
