package resolve

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// questionAt says in place of an owner that it is the name in the question; RFC 1035 section 4.1.4.
const questionAt = 0xc000 | headerSize

// plain is the response where the answer is addresses of the name that was asked and nothing else, as most are: octet for octet what
// [Query.packed] makes of it, written into room if it fits there, and else at the cost of one allocation. nil: it is not that plain, or is longer than the limit.
func (q *Query) plain(a Answer, limit int, room []byte) []byte {
	count := len(a.records) + a.addresses.count()
	if q.rcode != 0 || q.asked == "" || q.asked == "." || a.code() != dns.RcodeSuccess || count == 0 || len(a.authority) > 0 || len(a.ede) > 0 {
		return nil
	}
	size := headerSize + len(q.asked) + 1 + 4 + count*(12+16) + 11 // a name is never longer than its text and an octet
	out := slices.Grow(room[:0], size)[:headerSize]
	clear(out)
	binary.BigEndian.PutUint16(out, q.id)
	out[2], out[3] = 0x80|bit(q.recursion, 0), 0x80|bit(q.checkingOff, 4) // QR and RA
	binary.BigEndian.PutUint16(out[4:], 1)
	binary.BigEndian.PutUint16(out[6:], uint16(count))
	end, err := dns.PackDomainName(q.asked, out[:size], headerSize, nil, false)
	if err != nil {
		return nil
	}
	out = binary.BigEndian.AppendUint16(out[:end], q.question.Type)
	out = binary.BigEndian.AppendUint16(out, q.question.Class)
	if count > len(a.records) && !strings.EqualFold(a.addresses.name, q.asked) {
		return nil
	}
	for i := range a.addresses.count() {
		out = appendAddress(out, a.addresses.kind, dns.ClassINET, a.addresses.ttl, a.addresses.at(i))
	}
	for _, rr := range a.records {
		h, octets := rr.Header(), addressOctets(rr)
		if octets == nil || !strings.EqualFold(h.Name, q.asked) {
			return nil
		}
		out = appendAddress(out, h.Rrtype, h.Class, h.Ttl, octets)
	}
	if q.edns {
		out[11] = 1
		out = append(out, 0) // the root's
		out = binary.BigEndian.AppendUint16(out, dns.TypeOPT)
		out = binary.BigEndian.AppendUint16(out, ownUDPSize)
		out = append(out, 0, 0, bit(q.dnssecOK, 7), 0, 0, 0)
	}
	if len(out) > limit {
		return nil
	}
	return out
}

// appendAddress appends a record of the name that was asked.
func appendAddress(out []byte, kind, class uint16, ttl uint32, octets []byte) []byte {
	out = binary.BigEndian.AppendUint16(out, questionAt)
	out = binary.BigEndian.AppendUint16(out, kind)
	out = binary.BigEndian.AppendUint16(out, class)
	out = binary.BigEndian.AppendUint32(out, ttl)
	out = binary.BigEndian.AppendUint16(out, uint16(len(octets)))
	return append(out, octets...)
}

func bit(set bool, place int) byte {
	if set {
		return 1 << place
	}
	return 0
}

// addressOctets are the data of a record of an address; nil for any other.
func addressOctets(rr dns.RR) []byte {
	switch rr := rr.(type) {
	case *dns.A:
		return rr.A.To4()
	case *dns.AAAA:
		if len(rr.AAAA) == 16 {
			return rr.AAAA
		}
	}
	return nil
}
