package resolve

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestLocalForms(t *testing.T) {
	r := resolver(t, Config{Own: []netip.Addr{netip.MustParseAddr("192.0.0.8"), netip.MustParseAddr("100::8")}, Local: PrivateNetworks()}, newLiar(t, honest()))
	local := strings.Fields(`127.0.0.1 127.255.0.1 0.0.0.0 0.1.2.3 169.254.169.254 224.0.0.1 255.255.255.255 192.0.0.8 10.1.2.3 172.31.0.1 192.168.1.1 100.64.0.1
		:: ::1 fe80::1 ff02::1 100::8 fd00::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::127.0.0.1 2002:7f00:1::1 64:ff9b::10.0.0.1`)
	public := strings.Fields("8.8.8.8 192.0.2.1 172.32.0.1 100.128.0.1 2001:db8::1 64:ff9b::808:808 2002:808:808::1 ::ffff:8.8.8.8")
	for i, text := range append(local, public...) {
		addr := netip.MustParseAddr(text)
		bytes := addr.AsSlice()
		if got, want := r.isLocal(bytes), i < len(local); got != want {
			t.Errorf("%s is local: %v", text, got)
		}
	}
	if r.isLocal(nil) != true {
		t.Error("no address passes")
	}
}

// Of a service's record the local hints go, and the rest stays.
func TestHintsAreFiltered(t *testing.T) {
	l := newLiar(t, honest("a.corp. 60 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1,127.0.0.1 ipv6hint=2001:db8::1"))
	r := resolver(t, Config{}, l)
	q := Question{Name: "a.corp", Type: dns.TypeHTTPS, Class: dns.ClassINET}
	expect(t, r.Lookup(t.Context(), q, Chain{}), "NOERROR", `1 . alpn="h2" ipv6hint="2001:db8::1"`)
	expect(t, r.Lookup(t.Context(), q, Chain{AllowLocal: true}), "NOERROR", `1 . alpn="h2" ipv4hint="192.0.2.1,127.0.0.1" ipv6hint="2001:db8::1"`)
}

// A canonical name with an odd byte is not given: read as a C string it would be another name.
func TestOddTargets(t *testing.T) {
	l := newLiar(t, honest(`a.corp. 60 IN CNAME good.corp\000.evil.test.`, `good.corp\000.evil.test. 60 IN A 192.0.2.1`, `b.corp. 60 IN CNAME x\.y.corp.`, `x\.y.corp. 60 IN A 192.0.2.1`))
	r := resolver(t, Config{CacheSize: 10}, l)
	for _, name := range []string{"a.corp", "b.corp"} {
		if a := lookup(t, r, name, Chain{}); !a.Filtered() || len(a.Answers()) != 0 {
			t.Errorf("%s: %q", name, a.Answers())
		}
	}
}
