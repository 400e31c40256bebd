package resolve

import (
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// A datagram too short for a header needs no id to be forged: it must not end the wait for the true reply.
func TestShortDatagram(t *testing.T) {
	for _, garbage := range []string{"", "x", "eleven bytes"[:11]} {
		l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
			if tcp {
				t.Errorf("%q made it ask by TCP", garbage)
			}
			_, _ = w.Write([]byte(garbage))
			_ = w.WriteMsg(recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m))
		})
		r := resolver(t, Config{}, l)
		expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
		if n := l.asked.Load(); n != 1 {
			t.Errorf("%q: asked %d times", garbage, n)
		}
	}
}

// Some servers cut a reply where the room ends, in the middle of a record.
func TestCutInsideARecord(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
		reply := recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m)
		reply.Truncated = !tcp
		wire, err := reply.Pack()
		if err != nil {
			t.Error(err)
		}
		if !tcp {
			wire = wire[:len(wire)-2]
		}
		_, _ = w.Write(wire)
	})
	r := resolver(t, Config{Timeout: time.Second}, l)
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	if l.byTCP.Load() != 1 || l.asked.Load() != 2 {
		t.Errorf("asked %d times, by TCP %d", l.asked.Load(), l.byTCP.Load())
	}
}

// An upstream that folds the case and speaks no TCP still answers.
func TestFoldedCaseWithoutTCP(t *testing.T) {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	go func() {
		b := make([]byte, 4096)
		for {
			n, from, err := packets.ReadFrom(b)
			if err != nil {
				return
			}
			m := new(dns.Msg)
			if m.Unpack(b[:n]) != nil {
				continue
			}
			m.Question[0].Name = ascii.Lower(m.Question[0].Name)
			if wire, err := recursive(answerOf("abcdefghijklmnopqrstuvwxyz.corp. 60 IN A 192.0.2.1").records, m).Pack(); err == nil {
				_, _ = packets.WriteTo(wire, from)
			}
		}
	}()
	l := &liar{address: packets.LocalAddr().(*net.UDPAddr).AddrPort()}
	expect(t, lookup(t, resolver(t, Config{Timeout: time.Second}, l), "abcdefghijklmnopqrstuvwxyz.corp", Chain{}), "NOERROR", "192.0.2.1")
}
