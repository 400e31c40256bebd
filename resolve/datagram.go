package resolve

import (
	"context"
	"errors"
	"sync"

	"github.com/miekg/dns"
)

const (
	// maxDatagram is the longest reply that is taken by UDP: more than was said to be, as some do not count all of it.
	maxDatagram = 4096
	// maxForged is how many replies that do not fit are passed over. A name of few letters and an id are guessed by some more.
	maxForged = 16
)

// datagrams are buffers for replies, of which nothing that is read of them is a part.
var datagrams = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

// byDatagram sends the question and waits for its reply. Whatever else arrives is passed over: it may be forged. Where much does,
// the error is errForged.
func (e *exchanger) byDatagram(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	wire, err := m.Pack()
	if err != nil {
		return nil, err
	}
	conn, err := e.spare.open(u.address)
	if err != nil {
		return nil, err
	}
	defer PostOf(ctx).later(func() {
		conn.close()
		e.spare.renew(u.address)
	}, conn.close)
	if err := conn.send(wire); err != nil {
		return nil, err
	}
	buffer := datagrams.Get().(*[maxDatagram]byte)
	defer datagrams.Put(buffer)
	for forged := 0; forged < maxForged; {
		n, err := conn.receive(ctx, buffer[:])
		if err != nil {
			return nil, err
		}
		switch reply, like, err := readReply(buffer[:n], m); {
		case like == same && (err == nil || reply.Truncated || n == maxDatagram): // which may end inside a record
			reply.Truncated = reply.Truncated || err != nil
			return reply, nil
		case like == sameButCase && err == nil:
			return nil, errFolded
		case errors.Is(err, errForged):
			forged++
		}
	}
	return nil, errForged
}
