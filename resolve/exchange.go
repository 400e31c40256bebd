package resolve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

var (
	errForged   = errors.New("the reply does not repeat the question")
	errFolded   = errors.New("the reply does not repeat the question's letter case")
	errCut      = errors.New("the reply is cut short by TCP too")
	errRefusing = errors.New("the upstream refuses")
)

// exchange asks one upstream one question, by UDP first and by TCP where the reply is cut short or does not repeat the
// question's letter case.
func exchange(ctx context.Context, u Upstream, q Question) (*dns.Msg, error) {
	m, err := ask(q)
	if err != nil {
		return nil, err
	}
	reply, err := converse(ctx, u.network, u, m)
	switch {
	case u.network != "udp":
	case errors.Is(err, errFolded):
		reply, err = unmixed(ctx, u, m)
	case err == nil && reply.Truncated:
		reply, err = converse(ctx, "tcp", u, m)
	}
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

// unmixed asks an upstream that folds the letter case: by TCP for half of the time left, which is not forged blindly, and
// where it speaks none in lower case with a new id.
func unmixed(ctx context.Context, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	end, _ := ctx.Deadline() // every try has one
	half, cancel := context.WithTimeout(ctx, time.Until(end)/2)
	defer cancel()
	if reply, err := converse(half, "tcp", u, m); err == nil {
		return reply, nil
	}
	m.Id, m.Question[0].Name = dns.Id(), lower(m.Question[0].Name)
	return converse(ctx, "udp", u, m)
}

// ask builds a question of our own: random id and letter case (0x20), our EDNS; of the client's
// only whether signatures are wanted, and checked.
func ask(q Question) (*dns.Msg, error) {
	name, err := mixCase(q.fqdn())
	if err != nil {
		return nil, err
	}
	m := &dns.Msg{}
	m.SetQuestion(name, q.Type) // the library's ids come from crypto/rand
	m.SetEdns0(ownUDPSize, q.DNSSEC)
	m.CheckingDisabled = q.CheckingDisabled
	return m, nil
}

// mixCase draws the case of each letter; draft-vixie-dnsext-dns0x20.
func mixCase(name string) (string, error) {
	mixed := []byte(name)
	random := make([]byte, len(mixed))
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	for i, c := range mixed {
		if 'a' <= c && c <= 'z' && random[i]&1 == 1 {
			mixed[i] = c - 'a' + 'A'
		}
	}
	return string(mixed), nil
}

// converse sends the question and waits for its reply. On UDP whatever else arrives is passed over: it may be forged.
func converse(ctx context.Context, network string, u Upstream, m *dns.Msg) (*dns.Msg, error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, network, u.address.String())
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
		case like == same && (unreadable == nil || network == "udp" && reply.Truncated): // which may end inside a record
			return reply, nil
		case like == sameButCase && unreadable == nil && network == "udp":
			return nil, errFolded
		case like == sameButCase && unreadable == nil:
			return reply, nil
		case network == "tcp":
			return nil, errForged
		}
	}
}

type likeness int

const (
	other likeness = iota
	sameButCase
	same
)

// repeats says how well a reply fits its question.
func repeats(reply, m *dns.Msg) likeness {
	if reply.Id != m.Id || !reply.Response || reply.Opcode != dns.OpcodeQuery || len(reply.Question) != 1 {
		return other
	}
	got, want := reply.Question[0], m.Question[0]
	switch {
	case got.Qtype != want.Qtype || got.Qclass != want.Qclass || !strings.EqualFold(got.Name, want.Name):
		return other
	case got.Name != want.Name:
		return sameButCase
	}
	return same
}
