package resolve

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// relay carries connections to a real server, and does to what it says what a bad network or a dying server does.
type relay struct {
	server   string // HOST:PORT
	listener net.Listener
	pass     atomic.Int64 // bytes of the server's that pass on each connection; negative for all
	silent   atomic.Bool  // what comes then: nothing, and not the end
	slow     atomic.Bool
	passed   atomic.Int64 // on all connections
}

func newRelay(t *testing.T, network, server string) *relay {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "unix" {
		at = filepath.Join(t.TempDir(), "s")
	}
	listener, err := net.Listen(network, at)
	must(t, err)
	r := &relay{server: server, listener: listener}
	r.pass.Store(-1)
	ctx, end := context.WithCancel(context.Background())
	var work sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); end(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() { r.carry(ctx, conn) })
		}
	})
	return r
}

func (r *relay) carry(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.server)
	if err != nil {
		return
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() { _ = client.Close(); _ = server.Close() })()
	left := make(chan struct{})
	go func() {
		defer close(left)
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	if r.back(client, server) && r.silent.Load() {
		<-left
	}
	_ = client.Close()
	<-left
}

// back passes on what the server says; true where not all of it may pass.
func (r *relay) back(client io.Writer, server io.Reader) bool {
	left, buffer := r.pass.Load(), make([]byte, 4096)
	if r.slow.Load() {
		buffer = buffer[:32]
	}
	for left != 0 {
		n, err := server.Read(buffer)
		if err != nil {
			return false
		}
		if left > 0 {
			n = int(min(int64(n), left))
			left -= int64(n)
		}
		if r.slow.Load() {
			<-time.After(time.Millisecond)
		}
		r.passed.Add(int64(n)) // before who has it can look
		if _, err := client.Write(buffer[:n]); err != nil {
			return false
		}
	}
	return true
}

// port is where a relay by TCP listens.
func (r *relay) port() uint16 { return r.listener.Addr().(*net.TCPAddr).AddrPort().Port() }

// way is one of the ways to a real server, with a relay on it.
type way struct {
	*relay
	Config
}

// ways are all ways that are connections: to the server itself, and to the proxy before it.
func ways(t *testing.T, s *secureServer) map[string]way {
	t.Helper()
	const dot, doh = "tls://dns.test:%d#address=127.0.0.1", "https://dns.test:%d/dns-query#address=127.0.0.1"
	before := func(port uint16) *relay { return newRelay(t, "tcp", netip.AddrPortFrom(s.plain.Addr(), port).String()) }
	direct := func(r *relay, format string) way {
		return way{r, Config{Upstreams: []Upstream{upstream(t, format, r.port())}}}
	}
	all := map[string]way{
		"tcp": direct(before(s.plain.Port()), "tcp://127.0.0.1:%d"), "tls": direct(before(s.tls.Port()), dot), "https": direct(before(s.https.Port()), doh),
	}
	unix := newRelay(t, "unix", s.plain.String())
	all["unix"] = way{unix, Config{Upstreams: []Upstream{upstream(t, "unix://%s", unix.listener.Addr())}}}
	_, connect := tinyproxy(t, "")
	_, socks := danted(t)
	for name, proxy := range map[string]string{"CONNECT": connect, "SOCKS5": socks} {
		behind := direct(before(s.tls.Port()), dot)
		behind.Proxy = parseProxy(t, proxy)
		all["tls behind "+name] = behind
		scheme, address, _ := strings.Cut(proxy, "://")
		ahead := newRelay(t, "tcp", address)
		all["https through "+name] = way{ahead, Config{Upstreams: []Upstream{upstream(t, doh, s.https.Port())}, Proxy: parseProxy(t, fmt.Sprintf("%s://127.0.0.1:%d", scheme, ahead.port()))}}
	}
	return all
}

// whole is what a real server's answer that is longer than one packet has.
const whole = 200

// Whatever way a real server is asked, and however it fails on it, half an answer is none: the next upstream's is given, or
// SERVFAIL in time; and who fails for a domain of its own leaves nothing to the upstreams of others.
func TestRealServersFail(t *testing.T) {
	s := newSecureServer(t, trusted, "dns.test")
	spare := upstream(t, "udp://%s", unbound(t, "long.corp. 60 IN A 192.0.2.2"))
	for name, w := range ways(t, s) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.CacheSize, w.Timeout = -1, maxTimeout
			count := func(c Config) (string, int) {
				a := lookup(t, resolver(t, c), "long.corp", Chain{})
				return a.RCode(), len(a.records)
			}
			want := func(what string, c Config, rcode string, records int) {
				t.Helper()
				if code, n := count(c); code != rcode || n != records {
					t.Errorf("%s: %s with %d records, want %s with %d", what, code, n, rcode, records)
				}
			}
			want("well", w.Config, "NOERROR", whole)
			passed := w.passed.Load()
			w.slow.Store(true)
			want("slow", w.Config, "NOERROR", whole)
			w.slow.Store(false)
			for fault, f := range map[string]struct {
				pass   int64
				silent bool
			}{
				"gone before it says anything": {0, false}, "hung": {0, true}, "cut mid answer": {passed - 1000, false}, "hung mid answer": {passed - 1000, true},
			} {
				w.pass.Store(f.pass)
				w.silent.Store(f.silent)
				alone := w.Config
				alone.Timeout = time.Second
				want(fault, alone, "SERVFAIL", 0)
				both := w.Config
				both.Upstreams, both.Proxy = append(both.Upstreams, spare), Proxy{}
				if w.Proxy.none() { // which carries no UDP to the spare one either
					want(fault+", with a spare", both, "NOERROR", 1)
				}
				split := alone
				split.Zones, split.Upstreams = []Zone{{Domain: "corp", Upstreams: alone.Upstreams}}, []Upstream{spare}
				want(fault+", split", split, "SERVFAIL", 0)
			}
			w.pass.Store(-1)
			want("well again", w.Config, "NOERROR", whole)
			must(t, w.listener.Close())
			w.Timeout = time.Second
			want("killed", w.Config, "SERVFAIL", 0)
		})
	}
}
