package resolve

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// misdeed is what a server does that no real one does: it says what lie makes of the true reply, the first say bytes
// of it if say is not negative, a byte each time that every has passed, and then closes the connection or goes silent.
type misdeed struct {
	lie    func(m, reply *dns.Msg) []byte
	say    int
	silent bool
	every  time.Duration
}

func wireOf(m *dns.Msg) []byte {
	wire, err := m.Pack()
	if err != nil {
		panic(err) // the test's own message
	}
	return wire
}

// forged is a lie that differs from a good reply in one thing.
func forged(change func(m, reply *dns.Msg)) misdeed {
	return misdeed{say: -1, lie: func(m, reply *dns.Msg) []byte {
		change(m, reply)
		return wireOf(reply)
	}}
}

func garbage(n int) func(_, _ *dns.Msg) []byte {
	return func(_, _ *dns.Msg) []byte {
		b := make([]byte, n)
		_, _ = rand.Read(b)
		return b
	}
}

func honestly(_, reply *dns.Msg) []byte { return wireOf(reply) }

var misdeeds = map[string]misdeed{
	"another id":        forged(func(_, r *dns.Msg) { r.Id++ }),
	"another name":      forged(func(_, r *dns.Msg) { r.Question[0].Name = "other.corp." }),
	"another type":      forged(func(_, r *dns.Msg) { r.Question[0].Qtype = dns.TypeAAAA }),
	"no question":       forged(func(_, r *dns.Msg) { r.Question = nil }),
	"a question":        forged(func(_, r *dns.Msg) { r.Response = false }),
	"TC":                forged(func(_, r *dns.Msg) { r.Truncated = true }),
	"SERVFAIL":          forged(func(_, r *dns.Msg) { r.Rcode = dns.RcodeServerFailure }),
	"nothing at all":    {lie: honestly, say: 0, silent: true},
	"closed at once":    {lie: honestly, say: 0},
	"cut":               {lie: honestly, say: 20},
	"cut in the frame":  {lie: honestly, say: 1},
	"cut, then silent":  {lie: honestly, say: 20, silent: true},
	"empty":             {lie: func(_, _ *dns.Msg) []byte { return nil }, say: -1},
	"garbage":           {lie: garbage(300), say: -1},
	"as long as can be": {lie: garbage(maxReplySize), say: -1},
	"longer than can be": {say: -1, lie: func(m, r *dns.Msg) []byte {
		if m.Id != 0 {
			r.Id++ // no frame is that long: whatever it says must not be taken
			return wireOf(r)
		}
		return append(wireOf(r), make([]byte, 1<<20)...)
	}},
}

// wrongAddress is what crooks answer with; nobody may ever be given it.
const wrongAddress = "203.0.113.66"

func (d misdeed) reply(m *dns.Msg) []byte {
	reply := new(dns.Msg).SetReply(m)
	reply.Answer = answerOf(m.Question[0].Name + " 60 IN A " + wrongAddress).records
	return d.lie(m, reply)
}

// crook serves a misdeed over tcp, tls, https or unix, and returns itself as an upstream.
func crook(t *testing.T, network string, d misdeed) Upstream {
	t.Helper()
	if network == "https" {
		return crookedWeb(t, d)
	}
	var listener net.Listener
	var err error
	var u Upstream
	switch network {
	case "unix":
		path := filepath.Join(t.TempDir(), "dns.sock")
		listener, err = net.Listen("unix", path)
		must(t, err)
		u = upstream(t, "unix://%s", path)
	case "tls":
		listener, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{trusted.issue(t, "127.0.0.1")}})
		must(t, err)
		u = upstream(t, "tls://%s", listener.Addr())
	default:
		listener, err = net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		u = upstream(t, "tcp://%s", listener.Addr())
	}
	ctx, end := context.WithCancel(context.Background())
	var work sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); end(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
				for d.serve(conn) {
				}
			})
		}
	})
	return u
}

// serve answers one question; false at the connection's end.
func (d misdeed) serve(conn net.Conn) bool {
	m, err := (&dns.Conn{Conn: conn}).ReadMsg()
	if err != nil {
		return false
	}
	wire := d.reply(m)
	frame := append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)
	if d.say < 0 {
		_, err = conn.Write(frame)
		return err == nil
	}
	d.utter(conn, frame, func() {})
	if d.silent {
		_, _ = io.Copy(io.Discard, conn) // until the client leaves
	}
	return false
}

// utter says what is to be said before the end.
func (d misdeed) utter(w io.Writer, wire []byte, flush func()) {
	wire = wire[:min(d.say, len(wire))]
	if d.every == 0 {
		_, _ = w.Write(wire)
		flush()
		return
	}
	pace := time.NewTicker(d.every)
	defer pace.Stop()
	for i := range wire {
		<-pace.C
		if _, err := w.Write(wire[i : i+1]); err != nil {
			return // the client has left
		}
		flush()
	}
}

func crookedWeb(t *testing.T, d misdeed) Upstream {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		m := new(dns.Msg)
		if err != nil || m.Unpack(body) != nil {
			return // the client has left
		}
		wire := d.reply(m)
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Length", fmt.Sprint(len(wire)))
		if d.say < 0 {
			_, _ = w.Write(wire)
			return
		}
		d.utter(w, wire, func() { _ = http.NewResponseController(w).Flush() })
		if d.every > 0 {
			return // all of it was said
		}
		if d.silent {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler) // cuts the stream
	}))
	return serveWeb(t, server)
}

func serveWeb(t *testing.T, server *httptest.Server) Upstream {
	t.Helper()
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) //nolint:forbidigo // net/http would speak of clients that leave
	server.TLS = &tls.Config{Certificates: []tls.Certificate{trusted.issue(t, "127.0.0.1")}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return upstream(t, "https://%s/dns-query", server.Listener.Addr())
}

// Whatever a server does, its client gets SERVFAIL or the next one's answer, in time.
func TestCrooks(t *testing.T) {
	good := upstream(t, "udp://%s", unbound(t, "a.corp. 60 IN A 192.0.2.1"))
	for _, network := range []string{"tcp", "tls", "https", "unix"} {
		for name, d := range misdeeds {
			t.Run(network+" "+name, func(t *testing.T) {
				t.Parallel()
				u := crook(t, network, d)
				for _, order := range []Order{Failover, Race} {
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					alone := resolver(t, Config{Upstreams: []Upstream{u}, Timeout: 400 * time.Millisecond, Order: order})
					for range 2 {
						expect(t, alone.Lookup(ctx, question("a.corp"), Chain{}), "SERVFAIL")
					}
					both := resolver(t, Config{Upstreams: []Upstream{u, good}, Timeout: maxTimeout, Order: order})
					expect(t, both.Lookup(ctx, question("a.corp"), Chain{}), "NOERROR", "192.0.2.1")
					if ctx.Err() != nil {
						t.Error("it took too long")
					}
					cancel()
				}
			})
		}
	}
}

// A server that is slow, but in time, is as good as any.
func TestSlowServers(t *testing.T) {
	for _, network := range []string{"tcp", "tls", "https", "unix"} {
		u := crook(t, network, misdeed{lie: honestly, say: 1000, every: time.Millisecond})
		expect(t, lookup(t, resolver(t, Config{Upstreams: []Upstream{u}}), "a.corp", Chain{}), "NOERROR", wrongAddress)
	}
}

// What answers a question by HTTPS with something else than a reply is no upstream, and leads to none.
func TestWebIsNotFollowed(t *testing.T) {
	var asked sync.Map
	for name, handler := range map[string]http.HandlerFunc{
		"redirected": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusPermanentRedirect)
		},
		"another type": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") },
		"an error":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Store(r.URL.Path, true)
				if r.Method != http.MethodPost || r.ProtoMajor != 2 || r.Header.Get("Content-Type") != mediaType || r.Header.Get("User-Agent") != "" {
					t.Errorf("the request: %s %s %v", r.Method, r.Proto, r.Header)
				}
				handler(w, r)
			}))
			r := resolver(t, Config{Upstreams: []Upstream{serveWeb(t, server)}, Timeout: time.Second})
			expect(t, lookup(t, r, "a.corp", Chain{}), "SERVFAIL")
		})
	}
	if _, ok := asked.Load("/elsewhere"); ok {
		t.Error("a redirection was followed")
	}
}

// says is the address of a server that says one thing to everybody.
func says(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var work sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, text)
				_, _ = io.Copy(io.Discard, conn) // until the client leaves
			})
		}
	})
	return listener.Addr().String()
}
