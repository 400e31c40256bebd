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
		:: ::1 fe80::1 ff02::1 100::8 fd00::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b::192.0.0.8 2002:7f00:1::1 2002:a00:1::1 ::ffff:0:127.0.0.1
		64:ff9b:1::127.0.0.1 64:ff9b:1:fffe::127.0.0.1 64:ff9b:1:fffe::169.254.169.254 64:ff9b:1:ff:ff00::127.0.0.1 64:ff9b:1:7f00:0:100:: 64:ff9b:1:7f00:0:1ff:ffff:ffff
		64:ff9b:1:a9fe:a9:fe00:: 64:ff9b:1:7f:0:1:: 64:ff9b:1:ff7f:0:1:ffff:ffff 64:ff9b:1:0:7f:0:100:0 64:ff9b:1:fffe:7f:0:1ff:ffff 64:ff9b:1:: 64:ff9b:1::0.0.0.1
		64:ff9b:1:a00:0:100:: 2001:0:7f00:1:: 2001:0:808:808:0:0:80ff:fffe 2001:0:808:808::5601:5601 2001:db8::5efe:127.0.0.1 2001:db8::200:5efe:169.254.169.254`)
	public := strings.Fields(`8.8.8.8 192.0.2.1 172.32.0.1 100.128.0.1 2001:db8::1 64:ff9b::808:808 2002:808:808::1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 ::8.8.8.8
		64:ff9b:1::8.8.8.8 64:ff9b:1:fffe::8.8.8.8 64:ff9b:1:808:8:800:: 64:ff9b:1:8:8:808:: 64:ff9b:1:0:8:808:800:0 64:ff9b:1:fffe:8:808:800:0
		2001:0:808:808::f7f7:f7f7 2001:db8::5efe:8.8.8.8 2001:db8::127.0.0.1 64:ff9b:2::127.0.0.1`)
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
