package resolve

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
)

// scripted is a connection whose other end says one thing, and then no more.
type scripted struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (s *scripted) Read(b []byte) (int, error)  { return s.in.Read(b) }
func (s *scripted) Write(b []byte) (int, error) { return s.out.Write(b) }

// A proxy's answer makes a tunnel only where it is an HTTP response of success with nothing behind its head, and no more of it is read
// than a head may have.
func FuzzTunnel(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		in := bytes.NewReader(said)
		conn := &scripted{in: in}
		err := parseProxy(t, "http://proxy.corp:3128").tunnel(conn, "192.0.2.1:53")
		if read := len(said) - in.Len(); read > maxProxyHead {
			t.Fatalf("%d bytes were read", read)
		}
		if !strings.HasPrefix(conn.out.String(), "CONNECT 192.0.2.1:53 HTTP/1.1\r\nHost: 192.0.2.1:53\r\n\r\n") {
			t.Fatalf("said %q", conn.out.String())
		}
		if err != nil {
			return
		}
		line, _, _ := strings.Cut(string(said), "\n")
		if fields := strings.Fields(line); len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/") || fields[1][0] != '2' {
			t.Fatalf("%q made a tunnel", said)
		}
		if in.Len() > 0 {
			t.Fatalf("%d bytes of %q are left of the head", in.Len(), said)
		}
	})
}
