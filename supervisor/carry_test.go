package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/carry"
)

// A machine without IPv6 fails a run only that asked for ::1 alone.
func TestForwardsWithoutIPv6(t *testing.T) {
	for text, want := range map[string]bool{"127.0.0.1:8080": true, "8080": true, "[::1]:8080": false} {
		f, err := carry.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		k := &carrier{Server: carry.NewServer(1000)}
		for _, auto := range []bool{false, true} {
			f.Auto = auto
			for _, at := range f.Listen {
				if at.Addr().Is4() {
					continue
				}
				var none []*os.File
				if err := k.listen(&f, at, &none); (err == nil) != (want || auto) || err != nil && !errors.Is(err, unix.EAFNOSUPPORT) {
					t.Errorf("%s, auto %t: %v", text, auto, err)
				}
			}
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestStreams(t *testing.T) {
	var all []carry.Forward
	for _, text := range []string{"1", "127.0.0.1:2", "127.0.0.2:2", "[::1]:3"} {
		f, err := carry.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	if four, six := streams(all); four != 3 || six != 2 {
		t.Errorf("%d and %d", four, six)
	}
}

func TestErrorType(t *testing.T) {
	for want, err := range map[string]error{
		"":             nil,
		"ECONNREFUSED": &net.OpError{Err: os.NewSyscallError("connect", unix.ECONNREFUSED)},
		"timeout":      &net.OpError{Err: os.ErrDeadlineExceeded},
		"_OTHER":       fmt.Errorf("open: %w", fs.ErrClosed),
	} {
		if got := errorType(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// Who connected is known once: the next connection from the same port is another's.
func TestClientIsTakenOnce(t *testing.T) {
	c := newClients()
	from := netip.MustParseAddrPort("127.0.0.1:40000")
	c.connected(audit.TransportDNSTCP, client{tid: 7}, from)
	if who := c.took(from); who.tid != 7 {
		t.Errorf("%+v", who)
	}
	if who := c.took(from); who.tid != 0 {
		t.Errorf("%+v", who)
	}
}
