package supervisor

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A listener that somebody else has ended is given up; to accept from it for ever would take a processor.
func TestDestroyedListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := &stub{wall: &wall{tcp: listener.(*net.TCPListener)}}
	ended := make(chan error, 1)
	go func() { ended <- s.serveTCP(t.Context()) }()
	conn, err := s.wall.tcp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Control(func(fd uintptr) { err = unix.Shutdown(int(fd), unix.SHUT_RDWR) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it still accepts")
	}
}
