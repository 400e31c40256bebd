package resolve

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/miekg/dns"
)

var errNotDNS = errors.New("the reply is no DNS message")

// readReply reads of a reply what its question can be answered from, and nothing at all where it does not fit the question. Of what
// else a reply may hold, a record of 64 KiB can stand for many megabytes of names. An error with a reply: it is cut off within.
func readReply(wire []byte, m *dns.Msg) (reply *dns.Msg, like likeness, err error) {
	if len(wire) < headerSize {
		return nil, other, fmt.Errorf("%w: it has no header", errNotDNS)
	}
	head := append([]byte(nil), wire[:min(len(wire), headerSize+maxQuestion)]...)
	clear(head[6:headerSize]) // counts of records
	reply = new(dns.Msg)
	if err := reply.Unpack(head); err != nil {
		return nil, other, fmt.Errorf("%w: %w", errNotDNS, err)
	}
	if like = repeats(reply, m); like == other {
		return nil, other, errForged
	}
	if err := readSections(wire, m, reply); err != nil {
		return reply, like, fmt.Errorf("%w: %w", errNotDNS, err)
	}
	return reply, like, nil
}

// maxQuestion is the length of the longest question: a name, the type and the class.
const maxQuestion = 255 + 4

var errCutOff = errors.New("it ends within a record")

func readSections(wire []byte, m, reply *dns.Msg) error {
	end, ok := skipName(wire, headerSize)
	at := end + 4
	if !ok || at > len(wire) {
		return errCutOff
	}
	w := wanted{m.Question[0].Qtype, m.IsEdns0().Do()}
	for i := range 3 {
		for range binary.BigEndian.Uint16(wire[6+2*i:]) {
			r := rawRecord{at: at}
			if !r.find(wire) {
				return errCutOff
			}
			if err := w.take(reply, r, wire, i); err != nil {
				return err
			}
			at = r.end
		}
	}
	return nil
}

// rawRecord is a record of a reply that has not been read.
type rawRecord struct {
	at, end int
	kind    uint16
	ttl     uint32
	data    []byte
}

// find reads where the record ends; false where that is past the message's end.
func (r *rawRecord) find(wire []byte) bool {
	at, ok := skipCompressed(wire, r.at)
	if !ok || at+10 > len(wire) {
		return false
	}
	r.kind, r.ttl = binary.BigEndian.Uint16(wire[at:]), binary.BigEndian.Uint32(wire[at+4:])
	r.end = at + 10 + int(binary.BigEndian.Uint16(wire[at+8:]))
	if r.end > len(wire) {
		return false
	}
	r.data = wire[at+10 : r.end]
	return true
}

// wanted says which records an answer can be made of.
type wanted struct {
	kind   uint16
	dnssec bool
}

// take adds a record of a section to the reply, if it is one of those.
func (w wanted) take(reply *dns.Msg, r rawRecord, wire []byte, section int) (err error) {
	var rr dns.RR
	switch {
	case section == 0 && w.answers(r):
		rr, _, err = dns.UnpackRR(wire, r.at)
		reply.Answer = append(reply.Answer, rr)
	case section == 1 && w.proves(r):
		rr, _, err = dns.UnpackRR(wire, r.at)
		reply.Ns = append(reply.Ns, rr)
	case section == 2 && r.kind == dns.TypeOPT:
		reply.Rcode |= int(r.ttl>>24) << 4 // the upper bits of it: RFC 6891 section 6.1.3
	}
	return err
}

func (w wanted) answers(r rawRecord) bool {
	kind, ok := w.about(r)
	return ok && (kind == w.kind || kind == dns.TypeCNAME || kind == dns.TypeDNAME)
}

func (w wanted) proves(r rawRecord) bool {
	kind, ok := w.about(r)
	return ok && (kind == dns.TypeSOA || w.dnssec && (kind == dns.TypeNSEC || kind == dns.TypeNSEC3))
}

// about is the type of a record, or that which a signature signs; false where nobody wants it. One without data is for updates (RFC
// 2136 section 2.4), and malformed in a reply.
func (w wanted) about(r rawRecord) (kind uint16, ok bool) {
	if r.kind != dns.TypeRRSIG || w.kind == r.kind {
		return r.kind, len(r.data) > 0
	}
	if !w.dnssec || len(r.data) < 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(r.data), true
}

// skipCompressed returns where a name ends that may end in a pointer; RFC 1035 section 4.1.4.
func skipCompressed(wire []byte, at int) (int, bool) {
	for at < len(wire) {
		length := int(wire[at])
		switch {
		case length == 0:
			return at + 1, true
		case length >= 0xc0:
			return at + 2, true
		case length > 63:
			return 0, false
		}
		at += 1 + length
	}
	return 0, false
}
