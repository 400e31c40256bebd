package emulate

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func inet4() []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
	b = binary.BigEndian.AppendUint16(b, dnsPort)
	b = append(b, 8, 8, 8, 8)
	return append(b, make([]byte, 8)...)
}

func inet6(ip string, scope uint32) []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_INET6)
	b = binary.BigEndian.AppendUint16(b, dnsPort)
	b = append(b, 0, 0, 0, 0)
	a := netip.MustParseAddr(ip).As16()
	return binary.NativeEndian.AppendUint32(append(b, a[:]...), scope)
}

func unixAddr(path string) []byte {
	return append(binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX), path...)
}

func TestDecodeAddress(t *testing.T) {
	for name, c := range map[string]struct {
		raw    []byte
		family uint16
		inet   string
		mapped bool
		path   string
	}{
		"IPv4":                     {inet4(), unix.AF_INET, "8.8.8.8:53", false, ""},
		"IPv4 cut short":           {inet4()[:15], unix.AF_INET, "", false, ""},
		"IPv6":                     {inet6("::1", 0), unix.AF_INET6, "[::1]:53", false, ""},
		"IPv6 without a scope":     {inet6("fe80::1", 0)[:24], unix.AF_INET6, "[fe80::1]:53", false, ""},
		"IPv6 cut short":           {inet6("::1", 0)[:23], unix.AF_INET6, "", false, ""},
		"IPv4 mapped":              {inet6("::ffff:8.8.8.8", 0), unix.AF_INET6, "8.8.8.8:53", true, ""},
		"path":                     {unixAddr("/run/x\x00garbage"), unix.AF_UNIX, "", false, "/run/x"},
		"path without a NUL":       {unixAddr("/run/x"), unix.AF_UNIX, "", false, "/run/x"},
		"abstract":                 {unixAddr("\x00/run/x"), unix.AF_UNIX, "", false, ""},
		"unnamed":                  {unixAddr(""), unix.AF_UNIX, "", false, ""},
		"one byte":                 {[]byte{2}, 0, "", false, ""},
		"nothing":                  {nil, 0, "", false, ""},
		"netlink":                  {[]byte{16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, unix.AF_NETLINK, "", false, ""},
		"unspecified family, IPv4": {append([]byte{0, 0}, inet4()[2:]...), unix.AF_UNSPEC, "", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := decodeAddress(c.raw)
			inet := ""
			if a.inet.IsValid() {
				inet = a.inet.String()
			}
			if a.family != c.family || inet != c.inet || a.mapped != c.mapped || a.path() != c.path {
				t.Errorf("family %d, %q, mapped %v, path %q; want %+v", a.family, inet, a.mapped, a.path(), c)
			}
		})
	}
}

func TestScopedTakesLoopbackForALinkLocalResolver(t *testing.T) {
	for raw, want := range map[string]uint32{
		string(inet6("fe80::1", 0)):        loopbackIndex,
		string(inet6("fe80::1", 7)):        loopbackIndex,
		string(inet6("2001:db8::1", 0)):    0,
		string(inet6("::ffff:8.8.8.8", 3)): 3,
	} {
		a := decodeAddress([]byte(raw))
		if got := binary.NativeEndian.Uint32(a.scoped()[24:]); got != want {
			t.Errorf("%v: scope %d, want %d", a.inet, got, want)
		}
		if string(a.raw) != raw {
			t.Errorf("%v: the address itself was changed", a.inet)
		}
	}
}

func header(name uint64, nameLen int32) msghdr { return msghdr{name: name, nameLen: nameLen} }

// As copy_msghdr_from_user in net/socket.c has it.
func TestAddressLen(t *testing.T) {
	for _, c := range []struct {
		m    msghdr
		want int
		ok   bool
	}{
		{header(0, 16), 0, true},
		{header(0, -1), 0, false},
		{header(1, -1), 0, false},
		{header(1, 0), 0, true},
		{header(1, 16), 16, true},
		{header(1, 128), 128, true},
		{header(1, 0x7fffffff), 128, true},
	} {
		if got, ok := c.m.addressLen(); got != c.want || ok != c.ok {
			t.Errorf("%+v: %d, %v; want %d, %v", c.m, got, ok, c.want, c.ok)
		}
	}
}

func iovecs(lengths ...uint64) []byte {
	var b []byte
	for i, l := range lengths {
		b = binary.NativeEndian.AppendUint64(b, uint64(0x1000*(i+1)))
		b = binary.NativeEndian.AppendUint64(b, l)
	}
	return b
}

func TestDecodeIovecs(t *testing.T) {
	for name, c := range map[string]struct {
		raw   []byte
		spans int
		total int
		ok    bool
	}{
		"none":               {nil, 0, 0, true},
		"two":                {iovecs(12, 20), 2, 32, true},
		"an empty one":       {iovecs(12, 0, 20), 2, 32, true},
		"the largest":        {iovecs(maxDatagram), 1, maxDatagram, true},
		"one byte more":      {iovecs(maxDatagram, 1), 0, 0, false},
		"below zero":         {iovecs(1 << 63), 0, 0, false},
		"a sum that wraps":   {iovecs(1<<64-1, 2), 0, 0, false},
		"a sum beyond 2^63":  {iovecs(1<<62, 1<<62, 1<<62), 0, 0, false},
		"half an entry more": {append(iovecs(12), 1, 2, 3), 1, 12, true},
	} {
		t.Run(name, func(t *testing.T) {
			spans, total, ok := decodeIovecs(c.raw)
			if len(spans) != c.spans || total != c.total || ok != c.ok {
				t.Errorf("%d spans, %d bytes, %v; want %+v", len(spans), total, ok, c)
			}
		})
	}
}

// Whatever a target's memory holds, the decoders stay within bounds.
