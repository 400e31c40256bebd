package emulate

import (
	"net/netip"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// An address is what the C structure of its family says.
func FuzzSocketAddress(f *testing.F) {
	for _, raw := range [][]byte{inet4(), inet4()[:15], inet6("fe80::1", 2), inet6("::ffff:8.8.8.8", 0), unixAddr("/run/x\x00y"), unixAddr("\x00a"), {2}, {}} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = raw[:min(len(raw), sys.MaxSockaddr)]
		var room [sys.MaxSockaddr]byte
		copy(room[:], raw)
		a := decodeAddress(raw)
		var want netip.AddrPort
		if len(raw) >= 2 {
			switch (*unix.RawSockaddr)(unsafe.Pointer(&room)).Family {
			case unix.AF_INET:
				if in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&room)); len(raw) >= 16 {
					want = netip.AddrPortFrom(netip.AddrFrom4(in.Addr), in.Port<<8|in.Port>>8)
				}
			case unix.AF_INET6:
				if in := (*unix.RawSockaddrInet6)(unsafe.Pointer(&room)); len(raw) >= 24 {
					want = netip.AddrPortFrom(netip.AddrFrom16(in.Addr).Unmap(), in.Port<<8|in.Port>>8)
				}
			}
		}
		if a.inet != want {
			t.Fatalf("%x: %v, want %v", raw, a.inet, want)
		}
		if path := a.path(); path != "" && (a.family != unix.AF_UNIX || path != unix.ByteSliceToString(room[2:])) {
			t.Fatalf("%x: path %q", raw, path)
		}
		if scoped := a.scoped(); len(scoped) != len(raw) {
			t.Fatalf("%x: %d bytes with a scope", raw, len(scoped))
		}
	})
}

// A message header is what struct msghdr says, and what it points at is bounded before it is read.
func FuzzMessageHeader(f *testing.F) {
	f.Add(make([]byte, sizeofMsghdr), make([]byte, 3*sizeofIovec))
	f.Fuzz(func(t *testing.T, header, iovecs []byte) {
		var raw [sizeofMsghdr]byte
		copy(raw[:], header)
		m, want := decodeMsghdr(&raw), (*unix.Msghdr)(unsafe.Pointer(&raw))
		if m.name != uint64(uintptr(unsafe.Pointer(want.Name))) || uint32(m.nameLen) != want.Namelen || m.iovLen != want.Iovlen || m.controlLen != want.Controllen {
			t.Fatalf("%x: %+v", raw, m)
		}
		if n, ok := m.addressLen(); ok && (n < 0 || n > sys.MaxSockaddr || n > 0 && m.name == 0) {
			t.Fatalf("%x: an address of %d bytes", raw, n)
		}
		spans, total, ok := decodeIovecs(iovecs)
		sum := 0
		for _, s := range spans {
			if s.Len <= 0 {
				t.Fatalf("%x: a span of %d bytes", iovecs, s.Len)
			}
			sum += s.Len
		}
		if ok && (sum != total || total > maxDatagram || len(spans) > len(iovecs)/sizeofIovec) {
			t.Fatalf("%x: %d bytes in %v", iovecs, total, spans)
		}
	})
}
