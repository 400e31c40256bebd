package main

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// datagram is a case of one message by UDP.
type datagram struct {
	spec
	wire []byte
}

// Long names: the longest that there is, and one octet more.
var (
	label63  = strings.Repeat("x", 63)
	longName = strings.Join([]string{label63, label63, label63, label63[:56], "test."}, ".")
)

func datagrams() []datagram {
	return slices.Concat(plain(), opcodes(), kinds(), extended(), options(), malformed())
}

// header changes a question for a.test.
func header(change func(*dns.Msg)) []byte {
	m := question("a.test.", dns.TypeA)
	if change != nil {
		change(m)
	}
	return pack(m)
}

func plain() []datagram {
	z := header(nil)
	z[3] |= 0x40
	return []datagram{
		{spec{"plain question", "8906 §8.1.1, 6891 §7", "NOERROR rd ra qd1 an1 -ar1 -edns0 -tc"}, header(nil)},
		{spec{"RD=0", "1035 §4.1.1", "NOERROR|REFUSED -rd qd1"}, header(func(m *dns.Msg) { m.RecursionDesired = false })},
		{spec{"CD=1", "4035 §3.2.2, 8906 §8.1.3.1", "NOERROR cd an1"}, header(func(m *dns.Msg) { m.CheckingDisabled = true })},
		{spec{"AD=1, not validated", "6840 §5.7, 8906 §8.1.3.2", "NOERROR -ad an1"}, header(func(m *dns.Msg) { m.AuthenticatedData = true })},
		{spec{"Z=1", "1035 §4.1.1, 8906 §8.1.3.3", "NOERROR -z an1"}, z},
		{spec{"AA, TC and RCODE set in a question", "1035 §4.1.1", "NOERROR|FORMERR -tc"}, header(func(m *dns.Msg) {
			m.Authoritative, m.Truncated, m.Rcode = true, true, dns.RcodeNameError
		})},
		{spec{"QR=1", "1035 §4.1.1", "silence"}, header(func(m *dns.Msg) { m.Response = true })},
		{spec{"id 0", "1035 §4.1.1", "NOERROR an1"}, header(func(m *dns.Msg) { m.Id = 0 })},
		{spec{"MiXeD case", "4343 §4.1", "NOERROR qd1 an1"}, pack(question("A.tEsT.", dns.TypeA))},
		{spec{"a name of 255 octets", "1035 §2.3.4", "NOERROR qd1 an1"}, pack(question(longName, dns.TypeA))},
		{spec{"the root", "1034 §3.1", "NOERROR|NXDOMAIN qd1"}, pack(question(".", dns.TypeNS))},
		{spec{"a name that is not", "2308 §2.1", "NXDOMAIN qd1 -an1"}, pack(question("none.test.", dns.TypeA))},
		{spec{"42 addresses: TC at 512", "1035 §4.2.1, 2181 §9", "NOERROR tc qd1 max512"}, pack(question("big.test.", dns.TypeA))},
	}
}

func opcodes() []datagram {
	code := func(opcode int) []byte { return header(func(m *dns.Msg) { m.Opcode = opcode }) }
	update := new(dns.Msg)
	update.SetUpdate("test.")
	return []datagram{
		{spec{"opcode IQUERY", "3425 §3", "NOTIMP|REFUSED opcode1 -an1"}, code(dns.OpcodeIQuery)},
		{spec{"opcode STATUS", "8906 §8.1.4", "NOTIMP opcode2 -an1"}, code(dns.OpcodeStatus)},
		{spec{"opcode 3", "8906 §8.1.4", "NOTIMP opcode3 -an1"}, code(3)},
		{spec{"opcode NOTIFY", "1996 §3", "NOTIMP|REFUSED|NOTAUTH opcode4 -an1"}, code(dns.OpcodeNotify)},
		{spec{"opcode UPDATE", "2136 §2.2", "NOTIMP|REFUSED|NOTAUTH opcode5 -an1"}, pack(update)},
		{spec{"opcode 15", "8906 §8.1.4", "NOTIMP opcode15 -an1"}, code(15)},
		{spec{"opcode 15 with EDNS", "8906 §8.1.4", "NOTIMP opcode15 -an1"}, header(func(m *dns.Msg) { m.SetEdns0(1232, false); m.Opcode = 15 })},
	}
}

func kinds() []datagram {
	kind := func(kind uint16) []byte { return pack(question("a.test.", kind)) }
	class := func(name string, kind, class uint16) []byte {
		m := question(name, kind)
		m.Question[0].Qclass = class
		return pack(m)
	}
	return []datagram{
		{spec{"type A without data", "2308 §2.2", "NOERROR qd1 -an1"}, pack(question("only6.test.", dns.TypeA))},
		{spec{"type 65280", "3597 §3, 8906 §8.1.2", "NOERROR qd1 -an1"}, kind(65280)},
		{spec{"type ANY", "8482 §4", "NOERROR|NOTIMP|REFUSED qd1 an1|an2|NOTIMP|REFUSED"}, kind(dns.TypeANY)},
		{spec{"type AXFR by UDP", "5936 §4.2", "REFUSED|NOTIMP|FORMERR|NOERROR -an1"}, kind(dns.TypeAXFR)},
		{spec{"type IXFR", "1995 §2", "REFUSED|NOTIMP|NOTAUTH|FORMERR|NOERROR -an1"}, kind(dns.TypeIXFR)},
		{spec{"type OPT", "6891 §6.1.1", "FORMERR|NOTIMP|REFUSED|NOERROR -an1"}, kind(dns.TypeOPT)},
		{spec{"type MAILB", "1035 §3.2.3", "REFUSED|NOTIMP|FORMERR|NOERROR -an1"}, kind(dns.TypeMAILB)},
		{spec{"type 0", "6895 §3.1", "FORMERR|REFUSED|NOTIMP|NOERROR -an1"}, kind(0)},
		{spec{"class CH, version.bind TXT", "4892 §2", "NOERROR|REFUSED|NOTIMP|NXDOMAIN qd1"}, class("version.bind.", dns.TypeTXT, dns.ClassCHAOS)},
		{spec{"class CH of a name of IN", "1035 §3.2.4", "REFUSED|NOTIMP|NXDOMAIN|SERVFAIL|NOERROR qd1 -an1"}, class("a.test.", dns.TypeA, dns.ClassCHAOS)},
		{spec{"class HS", "1035 §3.2.4", "REFUSED|NOTIMP|NXDOMAIN|SERVFAIL|NOERROR qd1 -an1"}, class("a.test.", dns.TypeA, dns.ClassHESIOD)},
		{spec{"class NONE", "6895 §3.2", "REFUSED|NOTIMP|FORMERR|SERVFAIL|NOERROR|NXDOMAIN qd1 -an1"}, class("a.test.", dns.TypeA, dns.ClassNONE)},
		{spec{"class ANY", "6895 §3.2", "REFUSED|NOTIMP|FORMERR|SERVFAIL|NOERROR|NXDOMAIN qd1"}, class("a.test.", dns.TypeA, dns.ClassANY)},
		{spec{"class 65280", "6895 §3.2", "REFUSED|NOTIMP|FORMERR|SERVFAIL|NOERROR|NXDOMAIN qd1 -an1"}, class("a.test.", dns.TypeA, 65280)},
	}
}

func malformed() []datagram {
	whole := header(nil)
	counts := func(section int, n uint16) []byte {
		wire := slices.Clone(whole)
		binary.BigEndian.PutUint16(wire[4+2*section:], n)
		return wire
	}
	name := func(octets ...byte) []byte { return slices.Concat(whole[:12], octets, []byte{0, 1, 0, 1}) }
	two := slices.Concat(counts(0, 2), whole[12:])
	// A name of 256 octets: one more in the label before the last than the longest has.
	over := slices.Concat([]byte{57}, []byte(label63[:57]), []byte("\x04test\x00"))
	for range 3 {
		over = slices.Concat([]byte{63}, []byte(label63), over)
	}
	const wrong = "FORMERR|silence -an1"
	return []datagram{
		{spec{"QDCOUNT 0", "9619 §4, 7873 §5.4", "FORMERR|REFUSED|NOTIMP|NOERROR|silence -an1"}, counts(0, 0)[:12]},
		{spec{"QDCOUNT 2", "9619 §4", "FORMERR -an1"}, two},
		{spec{"QDCOUNT 1, and no question", "1035 §4.1.2", wrong}, whole[:12]},
		{spec{"ANCOUNT 1, and no record", "1035 §4.1", wrong}, counts(1, 1)},
		{spec{"ARCOUNT 1, and no record", "1035 §4.1", wrong}, counts(3, 1)},
		{spec{"octets behind the message", "1035 §4.1", "FORMERR|NOERROR|silence"}, slices.Concat(whole, []byte("trailing"))},
		{spec{"cut inside the question", "1035 §4.1.2", wrong}, whole[:len(whole)-3]},
		{spec{"a label of 64 octets", "1035 §2.3.4", wrong}, name(slices.Concat([]byte{64}, []byte(label63), []byte("y\x00"))...)},
		{spec{"a label of the reserved kind 10", "1035 §4.1.4", wrong}, name(0x81, 'a', 0)},
		{spec{"a compression pointer to itself", "1035 §4.1.4", wrong}, name(0xc0, 12)},
		{spec{"two compression pointers in a ring", "1035 §4.1.4", wrong}, name(0xc0, 14, 0xc0, 12)},
		{spec{"a compression pointer past the end", "1035 §4.1.4", wrong}, name(0xff, 0xff)},
		{spec{"a name of 256 octets", "1035 §2.3.4", wrong}, name(over...)},
		{spec{"a header and no more, opcode 15", "1035 §4.1.1", "NOTIMP|FORMERR|silence"}, slices.Concat(whole[:2], []byte{15 << 3, 0}, make([]byte, 8))},
		{spec{"11 octets", "1035 §4.1.1", "silence"}, whole[:11]},
		{spec{"2 octets", "1035 §4.1.1", "silence"}, whole[:2]},
	}
}
