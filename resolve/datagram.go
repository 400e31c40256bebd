package resolve

import (
	"context"
	"net"
	"time"

	"github.com/miekg/dns"
)

// byDatagram sends the question and waits for its reply. Whatever else arrives is passed over: it may be forged.
func byDatagram(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "udp", u.address.String())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) }) // ends reads and writes
	defer stop()
	conn := &dns.Conn{Conn: raw}
	defer raw.Close() //nolint:errcheck // the reply is here or the error is
	if err := conn.WriteMsg(m); err != nil {
		return nil, err
	}
	buffer := make([]byte, maxReplySize)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, err
		}
		reply := new(dns.Msg)
		unreadable := reply.Unpack(buffer[:n])
		switch like := repeats(reply, m); {
		case like == same && (unreadable == nil || reply.Truncated): // which may end inside a record
			return reply, nil
		case like == sameButCase && unreadable == nil:
			return nil, errFolded
		}
	}
}
