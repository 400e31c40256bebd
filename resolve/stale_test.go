package resolve

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// What the cache remembers past its time is given where no upstream answers, with 30 s to live, and no longer than that
// is asked for.
func TestStaleAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := newCache(10, 0, time.Hour, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		key := stepKey{name: "a.corp.", kind: dns.TypeA}
		c.put(key, step{records: answerOf("a.corp. 20 IN A 192.0.2.1").records, ttl: 20 * time.Second})
		for _, at := range []struct {
			after        time.Duration
			fresh, stale bool
		}{{19 * time.Second, true, true}, {2 * time.Second, false, true}, {50 * time.Second, false, true}, {10 * time.Second, false, false}} {
			time.Sleep(at.after) //nolint:forbidigo // the bubble's own clock
			s, stale := c.get(key, true)
			if _, fresh := c.get(key, false); fresh != at.fresh || stale != at.stale {
				t.Errorf("after %s: fresh %v, stale %v", at.after, fresh, stale)
			}
			if stale && !at.fresh && s.records[0].Header().Ttl != 30 {
				t.Errorf("a stale record lives for %d s", s.records[0].Header().Ttl)
			}
		}
	})
}

func TestStaleIsSaid(t *testing.T) {
	var dead atomic.Bool
	answer := honest("a.corp. 0 IN A 192.0.2.1")
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, tcp bool) {
		if dead.Load() {
			_ = w.WriteMsg(new(dns.Msg).SetRcode(m, dns.RcodeServerFailure))
			return
		}
		answer(w, m, tcp)
	})
	r := resolver(t, Config{CacheSize: 10, MaxTTL: time.Second, MinTTL: time.Second, Stale: time.Hour}, l)
	expect(t, lookup(t, r, "a.corp", Chain{}), "NOERROR", "192.0.2.1")
	dead.Store(true)
	for {
		a := lookup(t, r, "a.corp", Chain{})
		expect(t, a, "NOERROR", "192.0.2.1")
		if len(a.ede) > 0 {
			if a.ede[0].InfoCode != EDEStaleAnswer || strings.Contains(a.ede[0].ExtraText, "127.0.0.1") || !strings.Contains(a.Reason(), "SERVFAIL") {
				t.Errorf("%+v", a.ede[0])
			}
			break
		}
	}
	if a := lookup(t, r, "b.corp", Chain{}); a.RCode() != "SERVFAIL" {
		t.Errorf("what was never known: %s", a.RCode())
	}
}
