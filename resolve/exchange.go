package resolve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

var (
	errForged   = errors.New("the reply does not repeat the question")
	errFolded   = errors.New("the reply does not repeat the question's letter case")
	errCut      = errors.New("the reply is cut short by TCP too")
	errRefusing = errors.New("the upstream refuses")
)

// exchanger asks one upstream one question.
type exchanger struct {
	dialer *dialer
	idle   idle
	spare  spare
	web    web
}

func newExchanger(ctx context.Context, p Proxy) *exchanger {
	d := &dialer{ctx, p}
	return &exchanger{dialer: d, web: web{dialer: d}}
}

// exchange asks by what the upstream speaks; by UDP first, and by TCP where the reply is cut short or does not repeat the
// question's letter case. A proxy carries no UDP: behind one all are asked by TCP.
func (e *exchanger) exchange(ctx context.Context, u Upstream, q Question) (*dns.Msg, error) {
	if u.network == "udp" && !e.dialer.proxy.none() {
		u.network = "tcp"
	}
	m, err := ask(q, u.network)
	if err != nil {
		return nil, err
	}
	reply, err := e.converse(ctx, u, m)
	switch {
	case err != nil:
		return nil, err
	case reply.Truncated:
		return nil, errCut
	case reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError:
		return nil, fmt.Errorf("%w: %s", errRefusing, dns.RcodeToString[reply.Rcode])
	}
	return reply, nil
}

func (e *exchanger) converse(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	switch u.network {
	case "udp":
		return e.datagrams(ctx, u, m)
	case "https":
		return e.web.ask(ctx, u.secure, m)
	}
	return e.stream(ctx, u, m)
}

func (e *exchanger) datagrams(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	reply, err := e.byDatagram(ctx, u, m)
	switch {
	case errors.Is(err, errFolded):
		return e.unmixed(ctx, u, m)
	case errors.Is(err, errForged):
		u.network = "tcp" // which is not forged blindly
		return e.stream(ctx, u, m)
	case err == nil && reply.Truncated:
		u.network = "tcp"
		return e.stream(ctx, u, m)
	}
	return reply, err
}

// unmixed asks an upstream that folds the letter case: by TCP for half of the time left, which is not forged blindly, and
// where it speaks none in lower case with a new id.
func (e *exchanger) unmixed(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	half, cancel := halfOf(ctx)
	defer cancel()
	if reply, err := e.stream(half, Upstream{network: "tcp", address: u.address}, m); err == nil {
		return reply, nil
	}
	m.Id, m.Question[0].Name = dns.Id(), ascii.Lower(m.Question[0].Name)
	return e.byDatagram(ctx, u, m)
}

// halfOf bounds an attempt that another one follows to half of the time left.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, _ := ctx.Deadline() // every try has one
	return context.WithTimeout(ctx, time.Until(end)/2)
}
