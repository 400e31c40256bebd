package resolve

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/miekg/dns"
)

// ErrIgnore is for bytes that are not a question: too short for a header, or an answer. They get no response.
var ErrIgnore = errors.New("not a DNS question")

const (
	headerSize    = 12
	maxAdditional = 8 // records beside the question that a client can have a reason for: OPT, TSIG, SIG(0)
)

// Query is one message of a client, parsed from hostile bytes.
type Query struct {
	id          uint16
	opcode      int
	recursion   bool // RD
	checkingOff bool // CD
	rcode       int  // not zero: all that it can get
	question    Question
	asked       string // the name as the client wrote it, in presentation form; "" where there is no question
	edns        bool
	dnssecOK    bool
	size        int // that the client takes by UDP
}

// ParseQuery parses a client's message once. A message that is a question of a kind, but none that can be answered,
// is no error: see [Query.Malformed]. RFC 1035 section 4.1, RFC 6891 section 6.1.
func ParseQuery(wire []byte, names *Names) (Query, error) {
	if len(wire) < headerSize || wire[2]&0x80 != 0 {
		return Query{}, ErrIgnore
	}
	q := Query{
		id:     binary.BigEndian.Uint16(wire),
		opcode: int(wire[2] >> 3 & 0xf), recursion: wire[2]&1 != 0, checkingOff: wire[3]&0x10 != 0, size: dns.MinMsgSize,
	}
	if q.opcode != dns.OpcodeQuery {
		q.rcode = dns.RcodeNotImplemented
		return q, nil
	}
	q.rcode = q.parse(wire, names)
	return q, nil
}

// parse reads the sections and returns the RCODE of what is wrong with them.
func (q *Query) parse(wire []byte, names *Names) int {
	count := func(i int) int { return int(binary.BigEndian.Uint16(wire[4+2*i:])) }
	at, end := headerSize, 0
	for range count(0) {
		var ok bool
		end, ok = skipName(wire, at)
		if at = end + 4; !ok || len(wire) < at {
			return dns.RcodeFormatError
		}
	}
	if count(1) != 0 || count(2) != 0 || count(3) > maxAdditional {
		return dns.RcodeFormatError
	}
	rcode := q.additional(wire, at, count(3))
	if count(0) != 1 {
		return dns.RcodeFormatError // whose EDNS is known by now, and answered with EDNS
	}
	name, err := names.read(wire[headerSize:end])
	if err != nil {
		return dns.RcodeFormatError
	}
	q.asked = name.asked
	q.question = Question{
		Name: strings.TrimSuffix(name.lower, "."), dotted: name.lower,
		Type: binary.BigEndian.Uint16(wire[end:]), Class: binary.BigEndian.Uint16(wire[end+2:]),
	}
	if rcode != 0 {
		return rcode
	}
	if q.question.Class != dns.ClassINET {
		return dns.RcodeRefused
	}
	return refusedType(q.question.Type)
}

// refusedType is for types that are not of data: transfers and the like.
func refusedType(t uint16) int {
	switch t {
	case dns.TypeAXFR, dns.TypeIXFR, dns.TypeMAILA, dns.TypeMAILB, dns.TypeTKEY, dns.TypeTSIG, dns.TypeNone:
		return dns.RcodeRefused
	case dns.TypeOPT:
		return dns.RcodeFormatError
	}
	return 0
}

// IsData says that records of a type can be asked for.
func IsData(kind uint16) bool { return refusedType(kind) == 0 && kind != dns.TypeANY }

// additional reads the records behind the question, which must end where the message ends.
func (q *Query) additional(wire []byte, at, count int) int {
	for range count {
		start := at
		end, ok := skipName(wire, at)
		if !ok || len(wire) < end+10 {
			return dns.RcodeFormatError
		}
		kind, class := binary.BigEndian.Uint16(wire[end:]), binary.BigEndian.Uint16(wire[end+2:])
		ttl := binary.BigEndian.Uint32(wire[end+4:])
		length := int(binary.BigEndian.Uint16(wire[end+8:]))
		if at = end + 10 + length; at > len(wire) {
			return dns.RcodeFormatError
		}
		if kind != dns.TypeOPT {
			continue
		}
		if end != start+1 {
			return dns.RcodeFormatError // not the root's
		}
		if rcode := q.extend(class, ttl, wire[end+10:at]); rcode != 0 {
			return rcode
		}
	}
	if at != len(wire) {
		return dns.RcodeFormatError
	}
	return 0
}

// extend takes the fields of an OPT record; RFC 6891 section 6.1.
func (q *Query) extend(class uint16, ttl uint32, options []byte) int {
	if q.edns {
		return dns.RcodeFormatError // a second one
	}
	q.edns, q.dnssecOK = true, ttl&0x8000 != 0
	q.size = max(int(class), dns.MinMsgSize)
	if !wellFormedOptions(options) {
		return dns.RcodeFormatError
	}
	if ttl>>16&0xff != 0 {
		return dns.RcodeBadVers
	}
	return 0
}

func wellFormedOptions(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		n := 4 + int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// skipName returns where an uncompressed name ends. A question has nothing before it that a pointer could mean.
func skipName(wire []byte, at int) (int, bool) {
	for start := at; at < len(wire) && at-start < 255; {
		length := int(wire[at])
		switch {
		case length == 0:
			return at + 1, true
		case length > 63:
			return 0, false
		}
		at += 1 + length
	}
	return 0, false
}

// Question is what is asked; meaningless for a malformed query.
func (q *Query) Question() Question {
	asked := q.question
	asked.DNSSEC, asked.CheckingDisabled = q.dnssecOK, q.checkingOff
	return asked
}

// ID is the message's id.
func (q *Query) ID() uint16 { return q.id }

// Malformed is the RCODE of a query that can only be answered with an error, and zero for all others.
func (q *Query) Malformed() int { return q.rcode }
