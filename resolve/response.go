package resolve

import (
	"strings"

	"github.com/miekg/dns"
)

const (
	ownUDPSize = 1232 // what we say that we take; https://www.dnsflagday.net/2020/
	tcpLimit   = 65535
)

// Response builds the client's response: its id, its letter case, its EDNS size. limit is the transport's: 65535 for TCP;
// less is UDP, and the client's own limit then holds too. Records that do not fit are left out and TC set: some clients
// (musl before 1.2.4) never ask again by TCP, and take what there is. A malformed query
// gets its RCODE, whatever the answer. It may be written into room, whatever that has.
func (q *Query) Response(a Answer, limit int, room []byte) []byte {
	if limit < tcpLimit {
		limit = min(limit, q.size)
	}
	if wire := q.plain(a, limit, room); wire != nil {
		return wire
	}
	return q.packed(a, limit)
}

// packed is the response as the DNS library packs it.
func (q *Query) packed(a Answer, limit int) []byte {
	m := q.message(a)
	wire, err := m.Pack()
	if err != nil {
		m = q.message(ServFail(0, ""))
		wire, err = m.Pack()
	}
	if err == nil && len(wire) <= limit {
		return wire
	}
	m.Ns = nil
	m.Truncate(limit)
	m.Truncated = true
	if wire, err = m.Pack(); err == nil && len(wire) <= limit {
		return wire
	}
	m.Answer = nil
	m.Extra = nil // a limit below 512
	wire, _ = m.Pack()
	return wire[:min(len(wire), limit)]
}

func (q *Query) message(a Answer) *dns.Msg {
	m := &dns.Msg{Compress: true}
	m.Id, m.Opcode, m.Response = q.id, q.opcode, true
	m.RecursionDesired, m.RecursionAvailable, m.CheckingDisabled = q.recursion, true, q.checkingOff
	if q.asked != "" {
		m.Question = []dns.Question{{Name: q.asked, Qtype: q.question.Type, Qclass: q.question.Class}}
	}
	if q.rcode != 0 {
		m.Rcode = q.rcode
		if q.edns {
			m.Extra = []dns.RR{q.opt(nil)}
		}
		return m
	}
	m.Rcode = a.code()
	m.Answer, m.Ns = q.cased(a.all()), q.cased(a.authority)
	if q.edns {
		m.Extra = []dns.RR{q.opt(a.ede)}
	}
	return m
}

// cased gives the records of the name that was asked the letter case that the client used.
func (q *Query) cased(records []dns.RR) []dns.RR {
	out := make([]dns.RR, len(records))
	for i, rr := range records {
		out[i] = rr
		if name := rr.Header().Name; name != q.asked && strings.EqualFold(name, q.asked) {
			out[i] = dns.Copy(rr)
			out[i].Header().Name = q.asked
		}
	}
	return out
}

func (q *Query) opt(ede []*dns.EDNS0_EDE) *dns.OPT {
	o := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	o.SetUDPSize(ownUDPSize)
	o.SetDo(q.dnssecOK)
	for _, e := range ede {
		o.Option = append(o.Option, e)
	}
	return o
}
