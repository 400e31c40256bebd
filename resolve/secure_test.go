package resolve

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// secureServer is a real resolver that speaks DoT and DoH beside plain DNS.
type secureServer struct {
	*program
	plain, tls, https netip.AddrPort
	certificate       tls.Certificate
}

// data is what real servers have; long.corp is too long for a datagram.
func corpData() string {
	var all strings.Builder
	all.WriteString(" local-data: 'www.corp. 60 IN A 192.0.2.1'\n local-data: 'corp. 60 IN SOA ns.corp. x.corp. 1 2 3 4 5'\n")
	for i := range 200 {
		fmt.Fprintf(&all, " local-data: 'long.corp. 60 IN A 203.0.113.%d'\n", i)
	}
	return all.String()
}

func newSecureServer(t *testing.T, by *authority, names ...string) *secureServer {
	t.Helper()
	s := &secureServer{plain: freePort(t), tls: freePort(t), https: freePort(t), certificate: by.issue(t, names...)}
	s.run(t)
	return s
}

func (s *secureServer) run(t *testing.T) {
	t.Helper()
	chain, key := files(t, s.certificate)
	s.program = startUnbound(t, s.plain, fmt.Sprintf(" interface: 127.0.0.1@%d\n interface: 127.0.0.1@%d\n tls-port: %d\n https-port: %d\n"+
		" tls-service-pem: %q\n tls-service-key: %q\n", s.tls.Port(), s.https.Port(), s.tls.Port(), s.https.Port(), chain, key)+corpData())
}

func upstream(t *testing.T, format string, args ...any) Upstream {
	t.Helper()
	u, err := ParseUpstream(fmt.Sprintf(format, args...))
	must(t, err)
	return u
}

// A real resolver by each encrypted way: short, long and absent names, again over the connection that was kept.
func TestRealEncrypted(t *testing.T) {
	s := newSecureServer(t, trusted, "dns.test", "localhost", "127.0.0.1")
	stranger, err := newAuthority()
	must(t, err)
	selfMade := newSecureServer(t, stranger, "dns.test")
	for name, u := range map[string]Upstream{
		"DoT by name":                       upstream(t, "tls://dns.test:%d#address=127.0.0.1", s.tls.Port()),
		"DoT by a name that is looked up":   upstream(t, "tls://LOCALHOST.:%d", s.tls.Port()),
		"DoT by address":                    upstream(t, "tls://127.0.0.1:%d", s.tls.Port()),
		"DoT by pin":                        upstream(t, "tls://127.0.0.1:%d#pin=%s", selfMade.tls.Port(), pinOf(t, selfMade.certificate, 0)),
		"DoT by an issuer's pin and name":   upstream(t, "tls://dns.test:%d#address=127.0.0.1&pin=%s", selfMade.tls.Port(), pinOf(t, selfMade.certificate, 1)),
		"DoT, the second address answering": upstream(t, "tls://dns.test:%d#address=127.0.0.2&address=127.0.0.1", s.tls.Port()),
		"DoH by name":                       upstream(t, "https://dns.test:%d/dns-query{?dns}#address=127.0.0.1", s.https.Port()),
		"DoH by pin":                        upstream(t, "https://127.0.0.1:%d/dns-query#pin=%s", selfMade.https.Port(), pinOf(t, selfMade.certificate, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(t, Config{Upstreams: []Upstream{u}})
			expect(t, lookup(t, r, "www.corp", Chain{}), "NOERROR", "192.0.2.1")
			if a := lookup(t, r, "long.corp", Chain{}); len(a.records) != 200 {
				t.Errorf("%s, %d records: %s", a.RCode(), len(a.records), a.Reason())
			}
			expect(t, lookup(t, r, "absent.corp", Chain{}), "NXDOMAIN")
		})
	}
}

// A server that does not show who it is gets no question, and people hear why.
func TestUntrusted(t *testing.T) {
	s := newSecureServer(t, trusted, "dns.test")
	stranger, err := newAuthority()
	must(t, err)
	unknown := newSecureServer(t, stranger, "dns.test")
	wrong := pinOf(t, unknown.certificate, 0)
	for name, c := range map[string]struct {
		upstream Upstream
		reason   string
	}{
		"DoT, another name":          {upstream(t, "tls://other.test:%d#address=127.0.0.1", s.tls.Port()), "certificate is valid for dns.test, not other.test"},
		"DoT, an unknown authority":  {upstream(t, "tls://dns.test:%d#address=127.0.0.1", unknown.tls.Port()), "certificate signed by unknown authority"},
		"DoT, another pin":           {upstream(t, "tls://dns.test:%d#address=127.0.0.1&pin=%s", s.tls.Port(), wrong), "none of the pinned ones: it is " + pinOf(t, s.certificate, 0)},
		"DoT, an issuer's pin alone": {upstream(t, "tls://127.0.0.1:%d#pin=%s", s.tls.Port(), pinOf(t, s.certificate, 1)), "cannot validate certificate for 127.0.0.1"},
		"DoT, not TLS":               {upstream(t, "tls://dns.test:%d#address=127.0.0.1", s.plain.Port()), ""},
		"DoH, another name":          {upstream(t, "https://other.test:%d/dns-query#address=127.0.0.1", s.https.Port()), "certificate is valid for dns.test, not other.test"},
		"DoH, another pin":           {upstream(t, "https://dns.test:%d/dns-query#address=127.0.0.1&pin=%s", s.https.Port(), wrong), "none of the pinned ones"},
		"DoH, another path":          {upstream(t, "https://dns.test:%d/other#address=127.0.0.1", s.https.Port()), "404"},
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(t, Config{Upstreams: []Upstream{c.upstream}, Timeout: patienceFor(c.reason)})
			a := lookup(t, r, "www.corp", Chain{})
			if expect(t, a, "SERVFAIL"); c.reason != "" && (!strings.Contains(a.Reason(), c.reason) || !strings.Contains(a.Reason(), c.upstream.String())) {
				t.Errorf("reason: %s", a.Reason())
			}
		})
	}
}

// patienceFor is short for what hangs, which has no reason, and long for what fails by itself.
func patienceFor(reason string) time.Duration {
	if reason == "" {
		return time.Second
	}
	return maxTimeout
}

// A server that dies, comes back, or stands still, by each way that keeps connections.
func TestServerKilledAndHung(t *testing.T) {
	for _, way := range []string{"tcp", "tls", "https"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newSecureServer(t, trusted, "dns.test")
			spare := upstream(t, "udp://%s", unbound(t, "www.corp. 60 IN A 192.0.2.2"))
			u := map[string]Upstream{
				"tcp": upstream(t, "tcp://%s", s.plain), "tls": upstream(t, "tls://dns.test:%d#address=127.0.0.1", s.tls.Port()),
				"https": upstream(t, "https://dns.test:%d/dns-query#address=127.0.0.1", s.https.Port()),
			}[way]
			alone := resolver(t, Config{Upstreams: []Upstream{u}, Timeout: time.Second, CacheSize: -1})
			both := resolver(t, Config{Upstreams: []Upstream{u, spare}, Timeout: time.Second, CacheSize: -1})
			ask := func(rcode string, fromBoth ...string) {
				t.Helper()
				a := lookup(t, alone, "www.corp", Chain{})
				if a.RCode() != rcode {
					t.Errorf("alone: %s, want %s: %s", a.RCode(), rcode, a.Reason())
				}
				a = lookup(t, both, "www.corp", Chain{})
				if got := strings.Join(a.Answers(), " "); !slices.Contains(fromBoth, got) {
					t.Errorf("both: %s %q (%s), want one of %q", a.RCode(), got, a.Reason(), fromBoth)
				}
			}
			ask("NOERROR", "192.0.2.1")
			s.stop(t)
			ask("SERVFAIL", "192.0.2.2")
			must(t, s.Process.Signal(syscall.SIGCONT))
			ask("NOERROR", "192.0.2.1", "192.0.2.2")
			s.kill(t)
			ask("SERVFAIL", "192.0.2.2")
			s.run(t)
			ask("NOERROR", "192.0.2.1", "192.0.2.2")
		})
	}
}

// Lengths of encrypted questions are multiples of 128 bytes whatever the name; ids of DoH are 0.
func TestPadding(t *testing.T) {
	for _, network := range []string{"tls", "https"} {
		for n := range 60 {
			q := question(strings.Repeat("a", n+1) + ".corp")
			m, err := ask(q, network)
			must(t, err)
			wire, err := m.Pack()
			must(t, err)
			if len(wire)%128 != 0 || len(wire) > 256 || m.Question[0].Name != q.Name+"." || network == "https" && m.Id != 0 {
				t.Fatalf("%s: %d bytes, %v", network, len(wire), m)
			}
		}
	}
	for _, network := range []string{"udp", "tcp", "unix"} {
		m, err := ask(question("a.corp"), network)
		must(t, err)
		if o := m.IsEdns0(); len(o.Option) != 0 {
			t.Errorf("%s: %v", network, o)
		}
	}
}

// Many questions at once are answered by a server that takes ten connections, as unbound does unless it is told otherwise.
func TestManyAtOnce(t *testing.T) {
	s := newSecureServer(t, trusted, "dns.test")
	for name, u := range map[string]Upstream{
		"tcp": upstream(t, "tcp://%s", s.plain), "tls": upstream(t, "tls://dns.test:%d#address=127.0.0.1", s.tls.Port()),
		"https": upstream(t, "https://dns.test:%d/dns-query#address=127.0.0.1", s.https.Port()),
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(t, Config{Upstreams: []Upstream{u}})
			var all sync.WaitGroup
			for i := range 200 {
				all.Go(func() {
					if a := lookup(t, r, fmt.Sprintf("absent%d.corp", i), Chain{}); a.RCode() != "NXDOMAIN" {
						t.Errorf("%s: %s", a.RCode(), a.Reason())
					}
				})
			}
			all.Wait()
		})
	}
}
