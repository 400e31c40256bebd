package resolve

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// Proxy is what upstreams are reached through. The zero value is none.
type Proxy struct {
	scheme string // http or socks5; "" for none
	server string // HOST:PORT
	user   *url.Userinfo
}

const (
	acceptedProxy = "an upstream proxy is http://[USER:PASSWORD@]HOST:PORT, which takes CONNECT, or socks5://[USER:PASSWORD@]HOST:PORT"
	maxProxyHead  = 16 << 10
)

// ProxyError is a text that is no proxy. The text is not repeated: it can have a password.
type ProxyError struct{ Problem string }

func (e *ProxyError) Error() string { return "upstream proxy: " + e.Problem }

// Hint says what is accepted.
func (e *ProxyError) Hint() string { return acceptedProxy }

// ParseProxy reads http://HOST:PORT or socks5://HOST:PORT. The error is a [*ProxyError].
func ParseProxy(s string) (Proxy, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return Proxy{}, &ProxyError{"it is no URL"}
	case u.Scheme != "http" && u.Scheme != "socks5":
		return Proxy{}, &ProxyError{fmt.Sprintf("%q is no scheme of one", u.Scheme)}
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return Proxy{}, &ProxyError{"nothing stands behind its port"}
	}
	host, port, ok := splitPort(u.Host, 0)
	if host = ascii.Lower(host); !ok || port == 0 || !isHost(host) {
		return Proxy{}, &ProxyError{"its host is neither a name nor an address, or there is no port"}
	}
	return Proxy{u.Scheme, (&secure{host: host, port: port}).authority(), u.User}, nil
}

func (p Proxy) none() bool { return p.scheme == "" }

// dial connects to HOST:PORT through the proxy, which looks a name up.
func (p Proxy) dial(ctx context.Context, address string) (net.Conn, error) {
	var conn net.Conn
	var err error
	if p.scheme == "http" {
		conn, err = p.connect(ctx, address)
	} else {
		conn, err = p.socks(ctx, address)
	}
	if err != nil {
		return nil, fmt.Errorf("proxy %s://%s: %w", p.scheme, p.server, err)
	}
	return conn, nil
}

func (p Proxy) socks(ctx context.Context, address string) (net.Conn, error) {
	var auth *proxy.Auth
	if p.user != nil {
		password, _ := p.user.Password()
		auth = &proxy.Auth{User: p.user.Username(), Password: password}
	}
	dialer, err := proxy.SOCKS5("tcp", p.server, auth, &net.Dialer{})
	if err != nil {
		return nil, err
	}
	contextual, ok := dialer.(proxy.ContextDialer)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return contextual.DialContext(ctx, "tcp", address)
}

// connect asks an HTTP proxy for a tunnel; RFC 9110 section 9.3.6.
func (p Proxy) connect(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", p.server)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = p.tunnel(conn, address)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (p Proxy) tunnel(conn net.Conn, address string) error {
	var head strings.Builder
	fmt.Fprintf(&head, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", address, address)
	if p.user != nil {
		password, _ := p.user.Password()
		basic := base64.StdEncoding.EncodeToString([]byte(p.user.Username() + ":" + password))
		fmt.Fprintf(&head, "Proxy-Authorization: Basic %s\r\n", basic)
	}
	if _, err := io.WriteString(conn, head.String()+"\r\n"); err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(conn, maxProxyHead))
	response, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return err
	case response.StatusCode/100 != 2: // whose body nobody reads: the connection is closed
		return fmt.Errorf("CONNECT %s: %s", address, response.Status)
	case in.Buffered() > 0:
		return errors.New("it speaks before the upstream is spoken to")
	}
	return nil
}
