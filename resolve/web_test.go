package resolve

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// badWeb are handlers that have the true reply, and give it, or much else, in another way than RFC 8484 says.
func badWeb(elsewhere string) map[string]func(w http.ResponseWriter, r *http.Request, reply []byte) {
	redirect := func(status int) func(http.ResponseWriter, *http.Request, []byte) {
		return func(w http.ResponseWriter, _ *http.Request, reply []byte) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(status)
			_, _ = w.Write(reply)
		}
	}
	kind := func(values ...string) func(http.ResponseWriter, *http.Request, []byte) {
		return func(w http.ResponseWriter, _ *http.Request, reply []byte) {
			w.Header()["Content-Type"] = values
			_, _ = w.Write(reply)
		}
	}
	zipped := func(w http.ResponseWriter, what []byte) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(what)
	}
	bomb := packed(io.LimitReader(zeros{}, 64<<20))
	return map[string]func(http.ResponseWriter, *http.Request, []byte){
		"301": redirect(301), "302": redirect(302), "303": redirect(303), "307": redirect(307), "308": redirect(308),
		"no type": kind(), "JSON": kind("application/dns-json"), "two types": kind("text/html, " + mediaType), "a type of nothing": kind(";;"),
		"a header of 1 MiB": func(w http.ResponseWriter, _ *http.Request, reply []byte) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			_, _ = w.Write(reply)
		},
		"10,000 headers": func(w http.ResponseWriter, _ *http.Request, reply []byte) {
			w.Header()["X"] = strings.Split(strings.Repeat("x", 10_000), "")
			_, _ = w.Write(reply)
		},
		"compressed":        func(w http.ResponseWriter, _ *http.Request, reply []byte) { zipped(w, packed(bytes.NewReader(reply))) },
		"a compressed bomb": func(w http.ResponseWriter, _ *http.Request, _ []byte) { zipped(w, bomb) },
		"reset":             func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) },
		"hints without end": func(w http.ResponseWriter, r *http.Request, _ []byte) { hint(w, r.Context()) },
		"a body without end": func(w http.ResponseWriter, _ *http.Request, reply []byte) {
			_, _ = w.Write(reply)
			_, _ = io.Copy(w, zeros{}) // until the client leaves
		},
		"a status of its own": func(w http.ResponseWriter, _ *http.Request, reply []byte) {
			w.WriteHeader(299)
			_, _ = w.Write(reply)
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusOK) },
	}
}

func packed(what io.Reader) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.Copy(z, what)
	_ = z.Close()
	return b.Bytes()
}

func hint(w http.ResponseWriter, ctx context.Context) {
	for ctx.Err() == nil {
		w.WriteHeader(http.StatusEarlyHints)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// What an HTTPS server does beside replying leads nobody elsewhere, costs no memory, and ends in time.
func TestBadWeb(t *testing.T) {
	var strayed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(other.Close)
	good := upstream(t, "udp://%s", newLiar(t, honest("a.corp. 60 IN A 192.0.2.1")).address)
	for name, handle := range badWeb(other.URL + "/dns-query") {
		t.Run(name, func(t *testing.T) {
			u := serveWeb(t, httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if encoding := r.Header.Get("Accept-Encoding"); encoding != "" {
					t.Errorf("asks for %q", encoding)
				}
				body, err := io.ReadAll(r.Body)
				m := new(dns.Msg)
				if err != nil || m.Unpack(body) != nil {
					return // the client has left
				}
				w.Header().Set("Content-Type", mediaType)
				handle(w, r, wireOf(recursive(answerOf("a.corp. 60 IN A "+wrongAddress).records, m)))
			})))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			peak := peakOf(func() {
				alone := resolver(t, Config{Upstreams: []Upstream{u}, Timeout: 400 * time.Millisecond})
				expect(t, alone.Lookup(ctx, question("a.corp"), Chain{}), "SERVFAIL")
			})
			if peak > 64<<20 {
				t.Errorf("%d MiB were in use", peak>>20)
			}
			both := resolver(t, Config{Upstreams: []Upstream{u, good}, Timeout: 2 * time.Second})
			expect(t, both.Lookup(ctx, question("a.corp"), Chain{}), "NOERROR", "192.0.2.1")
			if ctx.Err() != nil {
				t.Error("it took too long")
			}
		})
	}
	if n := strayed.Load(); n > 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}
