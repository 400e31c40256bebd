package supervisor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// reception receives a stub's datagrams, in one goroutine at a time.
type reception struct {
	stub    *stub
	waiting hail
	answers *sys.Outbox    // of what waits
	others  sync.WaitGroup // who has taken over
}

// serve returns when the socket is shut down, or somebody else has taken over.
func (r *reception) serve(ctx context.Context) {
	var turn turn
	for {
		turn.yield()
		d, ok := r.waiting.pop()
		var err error
		if !ok {
			d, ok, err = r.waiting.receive()
		}
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			breathe(err) // else an ICMP error of an earlier response: the next read is another datagram
		case !ok:
		case !r.datagram(ctx, d):
			return
		}
		if r.waiting.total == 0 {
			r.answers.Send()
		}
		r.waiting.gather()
	}
}

// datagram answers one datagram; it does not wait, but for an upstream as long as nobody else asks. False: somebody else has taken over.
func (r *reception) datagram(ctx context.Context, d sys.Datagram) bool {
	s := r.stub
	who := s.clients.from(audit.TransportDNSUDP, d.From)
	by := asker{tid: who.tid, process: who.process, transport: audit.TransportDNSUDP, client: d.From, resolver: netip.AddrPortFrom(d.To, stubPort), index: d.Index, room: r.answers.Room()}
	reply := s.desk.ask(d.Data, by, maxUDPResponse)
	if reply.pending == nil {
		if reply.response != nil {
			r.answers.Add(reply.response, by.resolver, by.client, max(by.index, loopback))
		}
		return true
	}
	r.answers.Send()
	leave, ok := s.waiting.enter(who.tid)
	if !ok {
		return true // a resolver under load drops, and clients ask again
	}
	fd, alone := s.wall.stub.Waits()
	if !alone || r.waiting.total > 0 {
		go func() {
			defer leave()
			s.send(reply.pending(ctx), by)
		}()
		return true
	}
	defer leave()
	post := resolve.NewPost(fd, func() { r.others.Go(func() { r.serve(ctx) }) })
	s.send(reply.pending(resolve.AtPost(ctx, post)), by)
	post.Answered()
	return post.Held()
}
