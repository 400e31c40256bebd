package resolve

import (
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Who guesses ids is not listened to for long: the question is asked by TCP, where there is nothing to guess, and else is not answered.
func TestManyForgedReplies(t *testing.T) {
	for name, tcp := range map[string]bool{"with TCP": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, byTCP bool) {
				reply := recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m)
				if byTCP {
					if tcp {
						_ = w.WriteMsg(reply)
					}
					return
				}
				forged := recursive(answerOf("a.corp. 60 IN A "+wrongAddress).records, m)
				for range 10_000 { // every id but the last: of a name in which there is nothing else to guess
					if forged.Id++; forged.Id == m.Id {
						break
					}
					_, _ = w.Write(wireOf(forged))
				}
			})
			r := resolver(t, Config{Timeout: time.Second}, l)
			a := lookup(t, r, "a.corp", Chain{})
			if l.byTCP.Load() == 0 {
				t.Error("not asked by TCP")
			}
			if tcp {
				expect(t, a, "NOERROR", "192.0.2.1")
			} else {
				expect(t, a, "SERVFAIL")
			}
		})
	}
}

// A datagram longer than was asked for is no more than a reason to ask by TCP.
func TestOversizedDatagram(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, byTCP bool) {
		reply := recursive(answerOf("a.corp. 60 IN A 192.0.2.1").records, m)
		if !byTCP {
			reply.Extra = answerOf("x.corp. 60 IN TXT " + strings.Repeat(strings.Repeat("x", 200)+" ", 100)).records
		}
		_ = w.WriteMsg(reply)
	})
	expect(t, lookup(t, resolver(t, Config{}, l), "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	if l.byTCP.Load() != 1 {
		t.Errorf("%d questions by TCP", l.byTCP.Load())
	}
}

// An extended error is one: its lower bits alone, in the header, can be those of NOERROR.
func TestExtendedRcode(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := recursive(nil, m)
		reply.SetEdns0(1232, false)
		reply.Rcode = dns.RcodeBadVers
		_ = w.WriteMsg(reply)
	})
	expect(t, lookup(t, resolver(t, Config{Timeout: time.Second}, l), "a.corp", Chain{}), "SERVFAIL")
}

// streamServer serves each connection by a function, with a number of its own.
func streamServer(t *testing.T, serve func(number int, conn *dns.Conn)) Upstream {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var work sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); work.Wait() })
	work.Go(func() {
		for number := 0; ; number++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer conn.Close()
				serve(number, &dns.Conn{Conn: conn})
			})
		}
	})
	return upstream(t, "tcp://%s", listener.Addr())
}

// A reply to a question that was given up, and a second one to a question that was answered, are nobody's: not the next question's, though
// that is the same.
func TestLateReplies(t *testing.T) {
	wrong := func(m *dns.Msg) *dns.Msg { return recursive(answerOf("a.corp. 0 IN A "+wrongAddress).records, m) }
	right := func(m *dns.Msg) *dns.Msg { return recursive(answerOf("a.corp. 0 IN A 192.0.2.1").records, m) }
	for name, serve := range map[string]func(int, *dns.Conn){
		"late": func(number int, conn *dns.Conn) {
			first, err := conn.ReadMsg()
			if err != nil {
				return
			}
			if number == 0 {
				if _, err := conn.ReadMsg(); err != nil {
					return // the client has given up
				}
				_ = conn.WriteMsg(wrong(first))
				return
			}
			_ = conn.WriteMsg(right(first))
		},
		"twice": func(_ int, conn *dns.Conn) {
			for {
				m, err := conn.ReadMsg()
				if err != nil {
					return // the client has left
				}
				_, _ = conn.Conn.Write(append(frame(right(m)), frame(wrong(m))...))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(t, Config{Upstreams: []Upstream{streamServer(t, serve)}, Timeout: 2 * time.Second})
			for range 3 {
				expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
			}
		})
	}
}

func frame(m *dns.Msg) []byte {
	wire := wireOf(m)
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)
}
