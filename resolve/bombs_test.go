package resolve

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// bomb is a reply of as many octets as a frame has, made to cost whoever reads it more than whoever sends it: it repeats the
// question, and then a record until it is full.
type bomb struct {
	asked uint16 // the type of the question; 0 is A
	chain int    // CNAMEs that come first, each to a name of 124 labels
	kind  uint16 // of the records
	owner []byte // nil: a pointer to the question's name
	data  []byte
	ns    bool // in the authority section
}

var (
	pointer = []byte{0xc0, headerSize} // to the question's name
	deep    = func(i int) []byte {
		return append(append(slices.Repeat([]byte{1, 'a'}, 121), 2, 'b', byte('a'+i)), 4, 'c', 'o', 'r', 'p', 0)
	}
	signature = func(covered uint16) []byte {
		return append(binary.BigEndian.AppendUint16(nil, covered), 13, 9, 0, 0, 0, 60, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 's')
	}
	escaped = slices.Repeat(append([]byte{61}, slices.Repeat([]byte{1}, 61)...), 3)
)

var bombs = map[string]bomb{
	"addresses":             {kind: dns.TypeA, data: []byte{192, 0, 2, 1}},
	"names of names":        {kind: dns.TypeHIP, data: append([]byte{1, 2, 0, 1, 9, 9}, slices.Repeat(pointer, 30_000)...)},
	"odd names":             {asked: dns.TypeMX, kind: dns.TypeMX, data: append(append([]byte{0, 1}, escaped...), 0xc1, 3)},
	"a chain, then others":  {chain: maxHops, kind: 65000, data: []byte{1}},
	"a chain, then its own": {chain: maxHops, kind: dns.TypeA, owner: deep(maxHops), data: []byte{192, 0, 2, 1}},
	"aliases":               {kind: dns.TypeCNAME, data: pointer},
	"redirections":          {chain: maxHops, kind: dns.TypeDNAME, owner: []byte{0xc0, headerSize + 2}, data: []byte{1, 'x', 0}},
	"signatures":            {kind: dns.TypeRRSIG, data: signature(dns.TypeA)},
	"signatures of nothing": {kind: dns.TypeRRSIG, data: signature(dns.TypeNSEC3), ns: true},
	"keys":                  {asked: dns.TypeDNSKEY, kind: dns.TypeDNSKEY, data: []byte{1, 1, 3, 13, 1}},
	"denials":               {kind: dns.TypeNSEC3, data: []byte{1, 0, 0xff, 0xff, 1, 's', 1, 'h', 0, 1, 0xff}, ns: true},
	"ends of zones":         {kind: dns.TypeSOA, data: append(slices.Repeat(pointer, 2), make([]byte, 20)...), ns: true},
	"options":               {kind: dns.TypeOPT, owner: []byte{0}, data: slices.Repeat([]byte{0xfd, 0xe9, 0, 0}, 15_000), ns: true},
	"texts":                 {asked: dns.TypeTXT, kind: dns.TypeTXT, data: make([]byte, 60_000)},
}

// reply is the bomb of at most so many octets for a question.
func (b bomb) reply(m *dns.Msg, most int) []byte {
	wire := wireOf(&dns.Msg{MsgHdr: dns.MsgHdr{Id: m.Id, Response: true, RecursionAvailable: true}, Question: m.Question})
	counts := [2]int{}
	add := func(section int, owner []byte, kind uint16, data []byte) bool {
		r := binary.BigEndian.AppendUint16(slices.Clone(owner), kind)
		r = append(r, 0, dns.ClassINET, 0, 0, 0, 60)
		r = append(binary.BigEndian.AppendUint16(r, uint16(len(data))), data...)
		if len(wire)+len(r) > most {
			return false
		}
		wire = append(wire, r...)
		counts[section]++
		return true
	}
	for i := range b.chain {
		from := deep(i)
		if i == 0 {
			from = pointer
		}
		add(0, from, dns.TypeCNAME, deep(i+1))
	}
	owner := b.owner
	if owner == nil {
		owner = pointer
	}
	section := 0
	if b.ns {
		section = 1
	}
	for add(section, owner, b.kind, b.data) {
	}
	binary.BigEndian.PutUint16(wire[6:], uint16(counts[0]))
	binary.BigEndian.PutUint16(wire[8:], uint16(counts[1]))
	return wire
}

// upstream serves the bomb by TCP, or in datagrams as long as are taken.
func (b bomb) upstream(t *testing.T, network string) Upstream {
	t.Helper()
	if network == "tcp" {
		answer := b.answerer(maxReplySize)
		return crook(t, network, misdeed{say: -1, lie: func(m, _ *dns.Msg) []byte { return answer(m) }})
	}
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	var work sync.WaitGroup
	t.Cleanup(func() { _ = packets.Close(); work.Wait() })
	answer := b.answerer(maxDatagram)
	work.Go(func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			if m := new(dns.Msg); m.Unpack(buffer[:n]) == nil {
				_, _ = packets.WriteTo(answer(m), from)
			}
		}
	})
	return upstream(t, "udp://%s", packets.LocalAddr())
}

// answerer makes the bombs for questions. Those for questions of the same length are made ahead.
func (b bomb) answerer(most int) func(m *dns.Msg) []byte {
	usual := new(dns.Msg).SetQuestion(longest(0)+".", b.question())
	made := b.reply(usual, most)
	return func(m *dns.Msg) []byte {
		if len(m.Question[0].Name) != len(usual.Question[0].Name) {
			return b.reply(m, most)
		}
		wire := slices.Clone(made)
		copy(wire, wireOf(&dns.Msg{MsgHdr: dns.MsgHdr{Id: m.Id}})[:2])
		copy(wire[headerSize:], wireOf(&dns.Msg{Question: m.Question})[headerSize:])
		return wire
	}
}

func (b bomb) question() uint16 { return cmp.Or(b.asked, dns.TypeA) }

// longest is a name of as many labels as there can be, below corp, that says which question it is.
func longest(i int) string { return fmt.Sprintf("%s%04d.corp", strings.Repeat("a.", 121), i) }

// Whatever fills a reply, it is done with by the time that a client waits for it, and no more memory than is stated in SECURITY.md
// is taken for any number of them.
func TestBombs(t *testing.T) {
	questions := 6
	if os.Getenv("DNSVISOR_TEST_LONG") != "" {
		questions = maxInFlight
	}
	for name, b := range bombs {
		for _, network := range []string{"tcp", "udp"} {
			t.Run(network+" "+name, func(t *testing.T) {
				u := b.upstream(t, network)
				r := resolver(t, Config{Upstreams: []Upstream{u}, CacheSize: 4096, Timeout: 2 * time.Second})
				peak := peakOf(func() { askMany(t, r, b.question(), questions) })
				if peak > mostMemory {
					t.Errorf("%d MiB were in use", peak>>20)
				}
			})
		}
	}
}

// mostMemory is what all questions that can wait at once may take with the replies to them, and the cache beside.
const mostMemory = 512 << 20

// askMany asks so many questions at once, signatures included, and builds the responses.
func askMany(t *testing.T, r *Resolver, kind uint16, count int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range count {
		query := parse(t, pack(t, longest(i), kind, func(m *dns.Msg) { m.SetEdns0(1232, true) }))
		all.Go(func() {
			a := r.Lookup(t.Context(), query.Question(), Chain{})
			for _, limit := range []int{tcpLimit, 65507} {
				if wire := query.Response(a, limit, nil); len(wire) > limit {
					t.Errorf("a response of %d bytes", len(wire))
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it takes too long")
	}
}

// inUse is how much of the heap is in use, in bytes.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// peakOf is how much more of the heap is in use while f runs than before, in bytes.
func peakOf(f func()) uint64 {
	runtime.GC()
	before, peak := inUse(), uint64(0)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				peak = max(peak, inUse())
			}
		}
	})
	f()
	close(done)
	watching.Wait()
	return peak - min(before, peak)
}

// Answers as large as they can be give way to each other long before the cache has as many as it may.
func TestCacheIsBounded(t *testing.T) {
	for _, name := range []string{"addresses", "texts"} {
		b := bombs[name]
		q := Question{Name: longest(0), Type: b.question(), Class: dns.ClassINET, DNSSEC: true}
		m, err := ask(q, "tls")
		must(t, err)
		wire := b.reply(m, min(maxReplySize, maxCached*(len(b.data)+12))) // as many records as are kept
		c, err := newCache(4096, 0, time.Hour, 0)
		must(t, err)
		const answers = 80
		before := inUse()
		for i := range answers {
			reply, _, err := readReply(wire, m)
			must(t, err)
			for key, s := range takeApart(q, reply) {
				key.name = longest(i)
				c.put(key, s)
			}
		}
		runtime.GC()
		used := inUse() - min(before, inUse())
		if kept := c.entries.Len(); used > 3*leastCache || c.bytes > leastCache || kept == 0 || kept == answers {
			t.Errorf("%s: %d answers of %d bytes are kept, counted as %d bytes, and %d bytes are in use", name, kept, len(wire), c.bytes, used)
		}
	}
}

// What most names have is kept of as many as the settings say.
func TestCacheHoldsItsEntries(t *testing.T) {
	const entries = 4096
	c, err := newCache(entries, 0, time.Hour, 0)
	must(t, err)
	for i := range entries / 2 { // of two names each
		name := fmt.Sprintf("service-%d.internal.example.corp", i)
		reply := &dns.Msg{Answer: answerOf(name+". 60 IN CNAME x."+name+".", "x."+name+". 60 IN A 192.0.2.1", "x."+name+". 60 IN A 192.0.2.2").records}
		for key, s := range takeApart(question(name), reply) {
			c.put(key, s)
		}
	}
	if n := c.entries.Len(); n != entries || c.bytes > leastCache/2 {
		t.Errorf("%d entries, counted as %d bytes", n, c.bytes)
	}
	for c.entries.Len() > 0 {
		c.entries.RemoveOldest()
	}
	if c.bytes != 0 {
		t.Errorf("%d bytes are counted of nothing", c.bytes)
	}
}
