package supervisor

import "testing"

func TestIdentityMap(t *testing.T) {
	for name, c := range map[string]struct{ ours, want string }{
		"the initial namespace": {"         0          0 4294967295\n", "0 0 4294967295\n"},
		"rootless podman":       {"         0       1000          1\n         1     100000      65536\n", "0 0 1\n1 1 65536\n"},
	} {
		if got, err := identityMap(c.ours); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	for _, bad := range []string{"0 0\n", "0 0 1 2\n", "a 0 1\n", "0 0 -1\n"} {
		if got, err := identityMap(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}
