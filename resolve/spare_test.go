package resolve

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// A socket that is open before its question is that question's alone: each comes from a port of its own.
func TestSpareSocketIsOneQuestions(t *testing.T) {
	const questions = 20
	var mu sync.Mutex
	ports := map[int]bool{}
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		mu.Lock()
		ports[w.RemoteAddr().(*net.UDPAddr).Port] = true
		mu.Unlock()
		_ = w.WriteMsg(recursive(answerOf("a.corp. 0 IN A 192.0.2.1").records, m))
	})
	r := resolver(t, Config{}, l)
	for i := range questions {
		w := newWatched(t)
		expect(t, r.Lookup(AtPost(t.Context(), w.Post), question("a.corp"), Chain{}), "NOERROR", "192.0.2.1")
		if w.Answered(); !r.servers.exchanger.spare.there() {
			t.Fatalf("after %d questions there is none", i+1)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(ports) < questions/2 { // the kernel may draw one twice
		t.Errorf("%d questions came from %d ports", questions, len(ports))
	}
	r.servers.exchanger.rest()
	if r.servers.exchanger.spare.there() {
		t.Error("one is left")
	}
}

// It is open for no longer than it may be, and goes to no other upstream.
func TestSpareSocketEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s spare
		one, other := netip.MustParseAddrPort("127.0.0.1:53"), netip.MustParseAddrPort("127.0.0.2:53")
		s.renew(one)
		conn, err := s.open(other)
		must(t, err)
		conn.close()
		if !s.there() {
			t.Error("another upstream's question took it")
		}
		<-time.After(spareTime + 1)
		synctest.Wait()
		if s.there() {
			t.Error("it is still open")
		}
	})
}

func (s *spare) there() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socket != nil
}
