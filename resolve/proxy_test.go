package resolve

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tinyproxy runs a real HTTP proxy, and returns it as a text.
func tinyproxy(t *testing.T, more string) (*program, string) {
	t.Helper()
	address := freePort(t)
	path := filepath.Join(t.TempDir(), "tinyproxy.conf")
	must(t, os.WriteFile(path, fmt.Appendf(nil, "Port %d\nListen 127.0.0.1\nTimeout 60\nLogLevel Error\n%s", address.Port(), more), 0o600))
	return start(t, address, "tinyproxy", "-d", "-c", path), "http://" + address.String()
}

// danted runs a real SOCKS server.
func danted(t *testing.T) (*program, string) {
	t.Helper()
	address := freePort(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "danted.conf")
	must(t, os.WriteFile(path, fmt.Appendf(nil, `logoutput: stderr
internal: 127.0.0.1 port = %d
external: lo
socksmethod: none
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
`, address.Port()), 0o600))
	return start(t, address, "danted", "-f", path, "-p", filepath.Join(dir, "pid")), "socks5://" + address.String()
}

func parseProxy(t *testing.T, text string) Proxy {
	t.Helper()
	p, err := ParseProxy(text)
	must(t, err)
	return p
}

// By TCP, TLS and HTTPS through each kind of proxy, and by UDP, which goes by TCP then; and not at all when the proxy is gone.
func TestRealProxies(t *testing.T) {
	s := newSecureServer(t, trusted, "dns.test", "localhost")
	for kind, run := range map[string]func(t *testing.T) (*program, string){
		"CONNECT": func(t *testing.T) (*program, string) { t.Helper(); return tinyproxy(t, "") },
		"CONNECT with a password": func(t *testing.T) (*program, string) {
			t.Helper()
			p, text := tinyproxy(t, "BasicAuth me secret\n")
			return p, strings.Replace(text, "://", "://me:secret@", 1)
		},
		"SOCKS5": danted,
	} {
		t.Run(kind, func(t *testing.T) {
			server, text := run(t)
			var all []*Resolver
			for _, u := range []Upstream{
				upstream(t, "udp://%s", s.plain), upstream(t, "tcp://%s", s.plain),
				upstream(t, "tls://dns.test:%d#address=127.0.0.1", s.tls.Port()), upstream(t, "tls://localhost:%d", s.tls.Port()),
				upstream(t, "https://dns.test:%d/dns-query#address=127.0.0.1", s.https.Port()),
			} {
				r := resolver(t, Config{Upstreams: []Upstream{u}, Proxy: parseProxy(t, text), CacheSize: -1, Timeout: 2 * time.Second})
				all = append(all, r)
				expect(t, lookup(t, r, "www.corp", Chain{}), "NOERROR", "192.0.2.1")
				if a := lookup(t, r, "long.corp", Chain{}); len(a.records) != 200 {
					t.Errorf("%s: %s, %d records: %s", u, a.RCode(), len(a.records), a.Reason())
				}
			}
			server.stop(t)
			askAll(t, all, "SERVFAIL")
			must(t, syscall.Kill(-server.Process.Pid, syscall.SIGCONT))
			askAll(t, all, "NOERROR")
			server.kill(t)
			askAll(t, all, "SERVFAIL")
		})
	}
}

// askAll asks each of several resolvers, all at once.
func askAll(t *testing.T, all []*Resolver, rcode string) {
	t.Helper()
	var each sync.WaitGroup
	for _, r := range all {
		each.Go(func() {
			if a := lookup(t, r, "www.corp", Chain{}); a.RCode() != rcode {
				t.Errorf("%s, want %s: %s", a.RCode(), rcode, a.Reason())
			}
		})
	}
	each.Wait()
}

// A proxy that refuses, or is none, fails with what it said; its password is not repeated.
func TestProxyRefuses(t *testing.T) {
	u := upstream(t, "tcp://%s", unbound(t, "www.corp. 60 IN A 192.0.2.1"))
	_, picky := tinyproxy(t, "ConnectPort 443\n")
	_, closed := tinyproxy(t, "BasicAuth me secret\n")
	for text, reason := range map[string]string{
		picky:  "403",
		closed: "407",
		strings.Replace(closed, "://", "://me:guess@", 1):                       "401",
		"http://" + u.address.String():                                          "",
		"socks5://" + u.address.String():                                        "",
		"socks5://me:guess@" + netip.AddrPortFrom(u.address.Addr(), 1).String(): "connection refused",
	} {
		r := resolver(t, Config{Upstreams: []Upstream{u}, Proxy: parseProxy(t, text), Timeout: patienceFor(reason)})
		a := lookup(t, r, "www.corp", Chain{})
		if expect(t, a, "SERVFAIL"); !strings.Contains(a.Reason(), reason) || strings.Contains(a.Reason(), "guess") {
			t.Errorf("%s: %s", text, a.Reason())
		}
	}
}

// A proxy that says nothing, or speaks for the upstream, is no way to it.
func TestCrookedProxies(t *testing.T) {
	for name, d := range map[string]struct{ said, reason string }{
		"nothing":     {"", ""},
		"more":        {"HTTP/1.1 200 OK\r\n\r\n\x00\x10", "speaks before"},
		"no HTTP":     {"hello\r\n\r\n", "malformed HTTP"},
		"a long head": {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, Config{Upstreams: []Upstream{upstream(t, "tcp://127.0.0.1:53")}, Proxy: parseProxy(t, "http://"+says(t, d.said)), Timeout: patienceFor(d.reason)})
			a := lookup(t, r, "www.corp", Chain{})
			if expect(t, a, "SERVFAIL"); !strings.Contains(a.Reason(), d.reason) {
				t.Errorf("%s", a.Reason())
			}
		})
	}
}

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]string{
		"http://proxy.corp:3128": "proxy.corp:3128", "socks5://[2001:db8::1]:1080/": "[2001:db8::1]:1080", "http://me:x@192.0.2.1:80": "192.0.2.1:80",
	} {
		if p, err := ParseProxy(text); err != nil || p.server != want {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	for _, bad := range []string{"", "proxy:3128", "http://proxy", "http://:3128", "https://proxy:3128", "socks4://proxy:1", "http://proxy:3128/x", "http://me:topsecret@proxy:0", "http://pro xy:1", "http://proxy:1?x"} {
		p, err := ParseProxy(bad)
		if err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%q became %v, %v", bad, p, err)
		}
	}
}
