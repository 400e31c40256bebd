package resolve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const mediaType = "application/dns-message" // RFC 8484 section 6

// web asks by HTTPS. Each upstream has connections of its own.
type web struct {
	dialer *dialer
	mu     sync.Mutex
	of     map[*secure]*http.Transport
}

func (w *web) transport(s *secure) *http.Transport {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.of[s]
	if t == nil {
		t = &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, maxTimeout)
				defer cancel()
				defer context.AfterFunc(w.dialer.ctx, cancel)() //nolint:contextcheck // both contexts end it
				return w.dialer.server(ctx, s)
			},
			TLSClientConfig: s.config(), TLSHandshakeTimeout: maxTimeout,
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: idleTime,
			// A connection that says nothing any more is found out, and the second try gets another.
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: time.Second},
			MaxResponseHeaderBytes: maxProxyHead, DisableCompression: true, // no reply is long enough to be worth it
		}
		if w.of == nil {
			w.of = map[*secure]*http.Transport{}
		}
		w.of[s] = t
	}
	return t
}

// ask sends one question by POST. Redirections are not followed: they lead to where nobody configured.
func (w *web) ask(ctx context.Context, s *secure, m *dns.Msg) (*dns.Msg, error) {
	PostOf(ctx).Leave()
	wire, err := m.Pack()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(wire))
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{
		"Content-Type": {mediaType}, "Accept": {mediaType}, "User-Agent": {""},
		"Idempotency-Key": nil, // not sent: net/http asks again where a kept connection has gone
	}
	response, err := w.transport(s).RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // the reply is here or the error is
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: HTTP status %s", errNotDNS, response.Status)
	}
	content := response.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(content); err != nil || kind != mediaType {
		return nil, fmt.Errorf("%w: content of type %q", errNotDNS, content)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReplySize+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxReplySize {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", errNotDNS, maxReplySize)
	}
	reply, _, err := readReply(body, m)
	return reply, err
}
