package resolve

import (
	"encoding/binary"
	"strings"

	"github.com/miekg/dns"
)

// questionAt says in place of an owner that it is the name in the question; RFC 1035 section 4.1.4.
const questionAt = 0xc000 | headerSize

// plain is the response where the answer is addresses of the name that was asked and nothing else, as most are: octet for octet what
// [Query.packed] makes of it, at the cost of one allocation. nil: it is not that plain, or does not fit.
func (q *Query) plain(a Answer, limit int) []byte {
	if q.rcode != 0 || q.asked == "" || q.asked == "." || a.code() != dns.RcodeSuccess || len(a.records) == 0 || len(a.authority) > 0 || len(a.ede) > 0 {
		return nil
	}
	size := headerSize + len(q.asked) + 1 + 4 + len(a.records)*(12+16) + 11 // a name is never longer than its text and an octet
	out := make([]byte, headerSize, size)
	binary.BigEndian.PutUint16(out, q.id)
	out[2], out[3] = 0x80|bit(q.recursion, 0), 0x80|bit(q.checkingOff, 4) // QR and RA
	binary.BigEndian.PutUint16(out[4:], 1)
	binary.BigEndian.PutUint16(out[6:], uint16(len(a.records)))
	end, err := dns.PackDomainName(q.asked, out[:size], headerSize, nil, false)
	if err != nil {
		return nil
	}
	out = binary.BigEndian.AppendUint16(out[:end], q.question.Type)
	out = binary.BigEndian.AppendUint16(out, q.question.Class)
	for _, rr := range a.records {
		h, data := rr.Header(), addressOctets(rr)
		if data == nil || !strings.EqualFold(h.Name, q.asked) {
			return nil
		}
		out = binary.BigEndian.AppendUint16(out, questionAt)
		out = binary.BigEndian.AppendUint16(out, h.Rrtype)
		out = binary.BigEndian.AppendUint16(out, h.Class)
		out = binary.BigEndian.AppendUint32(out, h.Ttl)
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)))
		out = append(out, data...)
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
