package sys

import (
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a muted port sends is dropped but for a sample, wherever in the list it is; what others send is received, and so is everything once it is over.
func TestMute(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		server, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		s := &Stub{}
		if err := control(server.(*net.UDPConn), func(fd int) error { s.fd = fd; return nil }); err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("udp", server.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		own := uint16(client.LocalAddr().(*net.UDPAddr).Port)
		for turn, c := range []struct {
			muted, others int // the place of its own port in the list, and how many more there are
		}{{-1, 0}, {0, 0}, {0, MaxMuted - 1}, {1000, MaxMuted - 1}, {MaxMuted - 1, MaxMuted - 1}, {-1, MaxMuted}, {-1, 1}} {
			var ports []uint16
			for i := range c.others {
				port := own - uint16(c.muted) + uint16(i)
				if i >= c.muted {
					port++
				}
				ports = append(ports, port)
			}
			if c.muted >= 0 {
				ports = append(ports, own)
			}
			slices.Sort(ports)
			if err := s.Mute(ports); err != nil && (len(ports) > 0 || !errors.Is(err, unix.ENOENT)) {
				t.Fatal(err)
			}
			const sent = 100
			for range sent {
				if _, err := client.Write([]byte{byte(turn)}); err != nil {
					t.Fatal(err)
				}
			}
			// On a busy machine a datagram on loopback may come a little after it has been sent: all that nobody keeps back are waited for.
			patience := 10 * time.Millisecond
			if c.muted < 0 {
				patience = 5 * time.Second
			}
			if err := server.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			received, data := 0, make([]byte, 10)
			for received < sent {
				if _, _, err = server.ReadFrom(data); err != nil {
					break
				}
				if data[0] == byte(turn) {
					received++
				}
			}
			if c.muted < 0 && received != sent || c.muted >= 0 && received > sent/4 {
				t.Errorf("%s, %+v: received %d", address, c, received)
			}
		}
	}
}
