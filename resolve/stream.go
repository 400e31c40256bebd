package resolve

import (
	"context"
	"net"
	"time"

	"github.com/miekg/dns"
)

// stream asks over a connection: over a kept one for half of the time left, since its server may have left it meanwhile.
func (e *exchanger) stream(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	PostOf(ctx).Leave()
	leave, err := e.idle.enter(ctx, u)
	if err != nil {
		return nil, err
	}
	defer leave()
	if conn := e.idle.take(u); conn != nil {
		half, cancel := halfOf(ctx)
		defer cancel()
		reply, err := e.over(half, u, conn, m)
		if err == nil {
			return reply, nil
		}
		e.idle.drop(u)
	}
	conn, err := e.dialer.stream(ctx, u)
	if err != nil {
		return nil, err
	}
	return e.over(ctx, u, conn, m)
}

// over sends a question and reads its reply. The connection is kept if that is a good one, and closed if not.
func (e *exchanger) over(ctx context.Context, u Upstream, conn net.Conn, m *dns.Msg) (*dns.Msg, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends reads and writes
	reply, err := readStream(&dns.Conn{Conn: conn}, m)
	if stop() && err == nil { // else the deadline is set, or about to be
		e.idle.put(u, conn)
		return reply, nil
	}
	_ = conn.Close()
	return reply, err
}

func readStream(conn *dns.Conn, m *dns.Msg) (*dns.Msg, error) {
	if err := conn.WriteMsg(m); err != nil {
		return nil, err
	}
	buffer := make([]byte, maxReplySize)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil, err
	}
	reply, _, err := readReply(buffer[:n], m)
	return reply, err
}
