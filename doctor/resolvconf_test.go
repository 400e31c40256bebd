package doctor

import "testing"

func TestProbeResolvConf(t *testing.T) {
	for _, c := range []struct {
		name, text string
		outcome    outcome
		found      string
	}{
		{"systemd-resolved", "# stub\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n", isThere, "127.0.0.53"},
		{"with a zone", "nameserver fe80::1%eth0\n", isThere, "fe80::1%eth0"},
		{"two families", "nameserver 192.0.2.1\nnameserver\t2001:db8::1 # x\n", isThere, "192.0.2.1, 2001:db8::1"},
		{"more than are asked", "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nnameserver 192.0.2.5\n", isThere, "192.0.2.1, 192.0.2.2, 192.0.2.3, 2 more that resolvers do not ask"},
		{"empty", "", isMissing, "no nameserver in it"},
		{"commented out", "#nameserver 192.0.2.1\n; nameserver 192.0.2.1\n", isMissing, "no nameserver in it"},
		{"no address", "nameserver\n", isMissing, "no nameserver in it"},
		{"a name", "nameserver 192.0.2.1\nnameserver dns.example\n", isMissing, `nameserver "dns.example" is no address`},
		{"no final newline", "nameserver ::1", isThere, "::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, probeResolvConf(machine("6.1.0", map[string]string{"etc/resolv.conf": c.text})), c.outcome, c.found)
		})
	}
	expect(t, probeResolvConf(machine("6.1.0", nil)), isMissing, "not there")
	expect(t, probeResolvConf(machine("6.1.0", map[string]string{"etc/resolv.conf/x": ""})), isMissing, "read etc/resolv.conf: invalid argument")
}
