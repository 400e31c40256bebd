package sys

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Of datagrams that are sent together one that fails, wherever it is, costs no other its way; those of one call arrive whole and in their order.
func TestOutboxLosesWhatFailsAlone(t *testing.T) {
	server, client := listenLoopback(t), listenLoopback(t)
	f, err := server.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &Stub{fd: int(f.Fd()), family: unix.AF_INET, in: newInbox(atOnce)}
	to := client.LocalAddr().(*net.UDPAddr).AddrPort()
	here, foreign := netip.MustParseAddrPort("127.0.0.1:53"), netip.MustParseAddrPort("192.0.2.1:53") // which is no source: the socket is not transparent
	for bad := range atOnce {
		o := s.NewOutbox()
		for i := range atOnce {
			from := here
			if i == bad {
				from = foreign
			}
			o.Add(append(o.Room(), byte(i)), from, to, loopbackIndex)
		}
		for i := range atOnce {
			if i == bad {
				continue
			}
			if err := client.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			var got [2]byte
			if n, err := client.Read(got[:]); n != 1 || err != nil || got[0] != byte(i) {
				t.Fatalf("with number %d in vain: %x, %v, not %d", bad, got[:n], err, i)
			}
		}
	}
}

func listenLoopback(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}
