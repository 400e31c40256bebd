package resolve

import (
	"strings"

	"github.com/miekg/dns"
)

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
