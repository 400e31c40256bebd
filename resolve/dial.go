package resolve

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"time"
)

// dialer makes connections to upstreams. They end with its context.
type dialer struct {
	ctx   context.Context //nolint:containedctx // connections outlive the question that they were made for
	proxy Proxy
}

// owned is a connection that ends with its dialer.
type owned struct {
	net.Conn
	disown func() bool
}

// Close implements net.Conn.
func (c *owned) Close() error {
	c.disown()
	return c.Conn.Close()
}

func (d *dialer) own(conn net.Conn) net.Conn {
	return &owned{conn, context.AfterFunc(d.ctx, func() { _ = conn.Close() })}
}

// stream connects to an upstream that is spoken to in frames (RFC 1035 section 4.2.2).
func (d *dialer) stream(ctx context.Context, u Upstream) (net.Conn, error) {
	switch u.network {
	case "unix":
		var local net.Dialer
		conn, err := local.DialContext(ctx, "unix", u.path)
		if err != nil {
			return nil, err
		}
		return d.own(conn), nil
	case "tls":
		raw, err := d.server(ctx, u.secure)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(raw, u.secure.config())
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		return conn, nil
	}
	return d.tcp(ctx, u.address.String())
}

// server connects to one of a server's addresses: each in turn, with its share of the time left.
func (d *dialer) server(ctx context.Context, s *secure) (conn net.Conn, err error) {
	if len(s.addresses) == 0 {
		return d.tcp(ctx, s.authority())
	}
	for i, address := range s.addresses {
		if conn, err = d.tcpWithin(ctx, netip.AddrPortFrom(address, s.port), len(s.addresses)-i); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func (d *dialer) tcpWithin(ctx context.Context, address netip.AddrPort, among int) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(among))
		defer cancel()
	}
	return d.tcp(ctx, address.String())
}

// tcp connects to HOST:PORT, through the proxy if there is one. A name is looked up by the proxy or else by the system's
// resolver: never by ourselves, who may be asking for the sake of that.
func (d *dialer) tcp(ctx context.Context, address string) (net.Conn, error) {
	var conn net.Conn
	var err error
	if d.proxy.none() {
		var direct net.Dialer
		conn, err = direct.DialContext(ctx, "tcp", address)
	} else {
		conn, err = d.proxy.dial(ctx, address)
	}
	if err != nil {
		return nil, err
	}
	return d.own(conn), nil
}
