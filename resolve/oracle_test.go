package resolve

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/dns/dnsmessage"
	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// The oracle is a second library: what we take a message for, others must take it for.

// octets are a name's labels, each with a dot after it, as the oracle has them: "." is the root. It reads presentation form by itself.
func octets(name string) string {
	name = strings.TrimSuffix(dns.Fqdn(name), ".") + "."
	var b strings.Builder
	for at := 0; at < len(name); at++ {
		c := name[at]
		if c == '\\' {
			at++
			if c = name[at]; '0' <= c && c <= '9' {
				c = (c-'0')*100 + (name[at+1]-'0')*10 + name[at+2] - '0'
				at += 2
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// consult is the one question of a message; false where the oracle does not read it. It reads no label that has a dot in it.
func consult(wire []byte) (dnsmessage.Question, bool) {
	var p dnsmessage.Parser
	if _, err := p.Start(wire); err != nil {
		return dnsmessage.Question{}, false
	}
	questions, err := p.AllQuestions()
	if err != nil || len(questions) != 1 {
		return dnsmessage.Question{}, false
	}
	return questions[0], true
}

// checkQuery follows a question: what is decided on, asked upstream and answered has to be what the oracle reads in the message.
func checkQuery(t rapid.TB, wire []byte) {
	q, err := ParseQuery(wire, nil)
	if err != nil || q.Malformed() != 0 {
		return
	}
	oracle, ok := consult(wire)
	if !ok {
		if !strings.Contains(q.asked, `\.`) {
			t.Fatalf("%x: %q, which the oracle does not read", wire, q.asked)
		}
		return
	}
	want := oracle.Name.String()
	asked := q.Question()
	if octets(asked.Name) != ascii.Lower(want) || asked.Type != uint16(oracle.Type) || asked.Class != uint16(oracle.Class) {
		t.Fatalf("%x: decided on %q %d %d, the oracle reads %q %v %v", wire, asked.Name, asked.Type, asked.Class, want, oracle.Type, oracle.Class)
	}
	for _, network := range []string{"udp", "tls", "https"} {
		m, err := ask(asked, network)
		if err != nil {
			t.Fatal(err)
		}
		again, ok := consult(wireOf(m))
		if !ok || ascii.Lower(again.Name.String()) != ascii.Lower(want) || again.Type != oracle.Type {
			t.Fatalf("%x: asked upstream for %q %v, not for %q", wire, again.Name, again.Type, want)
		}
	}
	if response, ok := consult(q.Response(Denied(asked, DenyNXDomain, ""), tcpLimit, nil)); !ok || response != oracle {
		t.Fatalf("%x: answered for %v, not for %v", wire, response, oracle)
	}
}

// drawQuery is a message whose parts are each right most of the time.
func drawQuery(t *rapid.T) []byte {
	octet := rapid.OneOf(rapid.ByteRange('a', 'c'), rapid.SampledFrom([]byte(`AZ-_.\0*?"@ ();$`+"\x00\x7f\x80\xff")), rapid.Byte())
	label := rapid.SliceOfN(octet, 1, 4)
	wire := []byte{1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for range rapid.IntRange(0, 4).Draw(t, "labels") {
		l := label.Draw(t, "label")
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			l = append(l, make([]byte, rapid.IntRange(55, 63).Draw(t, "longer"))...)
		}
		wire = append(append(wire, byte(len(l))), l...)
	}
	wire = append(wire, rapid.SampledFrom([]string{"\x00", "\x00", "\x00", "\x00", "\xc0\x0c", "\xc0\x02", "\xc0\xff", "\x40", "\x80"}).Draw(t, "end")...)
	wire = binary.BigEndian.AppendUint16(wire, rapid.SampledFrom([]uint16{1, 28, 5, 16, 255, 65280}).Draw(t, "type"))
	wire = binary.BigEndian.AppendUint16(wire, rapid.SampledFrom([]uint16{1, 1, 1, 1, 3, 255}).Draw(t, "class"))
	if rapid.Bool().Draw(t, "edns") {
		options := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "options")
		wire = append(wire, 0, 0, 41, 4, 208, 0, byte(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "version")), 0x80, 0)
		wire = append(binary.BigEndian.AppendUint16(wire, uint16(len(options))), options...)
		wire[11] = 1
	}
	if at := rapid.IntRange(0, 3*len(wire)).Draw(t, "spoil"); at < len(wire) {
		wire[at] = rapid.Byte().Draw(t, "spoilt")
	}
	return wire
}

func TestQuestionsByTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkQuery(t, drawQuery(t)) })
}
