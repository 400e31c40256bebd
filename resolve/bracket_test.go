package resolve

import (
	"testing"
)

func TestUnbalancedBrackets(t *testing.T) {
	for _, bad := range []string{"udp://[::1", "udp://[192.0.2.1]", "udp://[::1]]", "tcp://[::1"} {
		if u, err := ParseUpstream(bad); err == nil {
			t.Errorf("%q became %v", bad, u)
		}
	}
}
