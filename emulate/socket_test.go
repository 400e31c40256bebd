package emulate

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Which addresses the kernel takes for a socket of a domain.
func TestReaches(t *testing.T) {
	four, six := decodeAddress(inet4()), decodeAddress(inet6("2001:db8::1", 0))
	assumed := decodeAddress(append([]byte{0, 0}, inet4()[2:]...)).ofSend()
	for domain, want := range map[int][3]bool{
		unix.AF_INET:    {true, false, true},
		unix.AF_INET6:   {true, true, false},
		unix.AF_SMC:     {true, true, false},
		unix.AF_UNIX:    {},
		unix.AF_NETLINK: {},
	} {
		s := socket{domain: domain}
		if got := [3]bool{s.reaches(four), s.reaches(six), s.reaches(assumed)}; got != want {
			t.Errorf("domain %d: of IPv4, IPv6 and none: %v, not %v", domain, got, want)
		}
	}
}
