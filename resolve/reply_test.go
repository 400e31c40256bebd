package resolve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// replyTo is a reply to a question with anything behind it: how many records that is in each section is said first.
func replyTo(m *dns.Msg, answer, authority, additional uint16, records []byte) []byte {
	wire := wireOf(&dns.Msg{MsgHdr: dns.MsgHdr{Id: m.Id, Response: true}, Question: m.Question})
	for i, count := range []uint16{answer, authority, additional} {
		binary.BigEndian.PutUint16(wire[6+2*i:], count)
	}
	return append(wire, records...)
}

// records are those of a message, for what is behind its question.
func sectionsOf(m *dns.Msg, records ...string) []byte {
	reply := new(dns.Msg).SetReply(m)
	reply.Compress = true
	reply.Answer = answerOf(records...).records
	return wireOf(reply)[len(wireOf(&dns.Msg{Question: m.Question})):]
}

// Whatever an upstream answers, only the chain that begins with the question is learnt, the same as is by the library's own
// parser; and what a client is told of it is for the question that it asked.
func FuzzUpstreamReply(f *testing.F) {
	q := question("a.corp")
	q.DNSSEC = true
	m, err := ask(q, "tls")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(2), uint16(0), uint16(0), sectionsOf(m, "a.corp. 60 IN CNAME b.corp.", "b.corp. 60 IN A 192.0.2.1"))
	f.Add(uint16(1), uint16(0), uint16(0), sectionsOf(m, "a.corp. 60 IN CNAME a.corp."))
	f.Add(uint16(2), uint16(0), uint16(0), sectionsOf(m, "corp. 60 IN DNAME example.", "a.example. 60 IN A 192.0.2.1"))
	query, err := ParseQuery(wireOf(new(dns.Msg).SetQuestion("A.CORP.", dns.TypeA).SetEdns0(1232, true)), nil)
	if err != nil {
		f.Fatal(err)
	}
	r, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer, authority, additional uint16, records []byte) {
		wire := replyTo(m, answer, authority, additional, records)
		reply, like, err := readReply(wire, m)
		if err != nil {
			if !errors.Is(err, errNotDNS) {
				t.Fatalf("%x: %v", wire, err)
			}
			return
		}
		if like != same {
			t.Fatalf("%x: %v", wire, like)
		}
		steps := takeApart(q, reply)
		onChain(t, steps, q)
		if all := new(dns.Msg); all.Unpack(wire) == nil {
			all.Answer, all.Ns = slices.DeleteFunc(all.Answer, bare), slices.DeleteFunc(all.Ns, bare)
			if want := takeApart(q, all); fmt.Sprint(texts(steps)) != fmt.Sprint(texts(want)) {
				t.Fatalf("%x: %v, not %v", wire, texts(steps), texts(want))
			}
		}
		told, missing := r.walk(query.Question(), Chain{}, knowledge{fresh: steps})
		if missing == "" {
			checkResponse(t, &query, told)
		}
	})
}

func bare(rr dns.RR) bool { return rr.Header().Rdlength == 0 }

// onChain says that each step leads to the next one.
func onChain(t *testing.T, steps map[stepKey]step, q Question) {
	t.Helper()
	if len(steps) > maxHops+1 {
		t.Fatalf("%d steps", len(steps))
	}
	name := q.fqdn()
	for range steps {
		s, ok := steps[q.key(name)]
		if !ok {
			t.Fatalf("%s is not on the chain: %v", name, steps)
		}
		name = s.target
	}
}

// texts are the steps for people.
func texts(steps map[stepKey]step) map[string]string {
	all := map[string]string{}
	for key, s := range steps {
		all[key.name] = fmt.Sprint(s.records, s.target, s.rcode, s.soa, s.proof, s.ttl)
	}
	return all
}

// checkResponse has the oracle read what a client is sent.
func checkResponse(t *testing.T, query *Query, a Answer) {
	t.Helper()
	for _, limit := range []int{512, 1232, tcpLimit} {
		wire := query.Response(a, limit, nil)
		if o, ok := consult(wire); !ok || o.Name.String() != "A.CORP." || len(wire) > limit {
			t.Fatalf("%x: a response of %d bytes for %v", wire, len(wire), o)
		}
		var p dnsmessage.Parser
		if _, err := p.Start(wire); err != nil || p.SkipAllQuestions() != nil {
			t.Fatal(err)
		}
		owner := "a.corp."
		for {
			h, err := p.AnswerHeader()
			if errors.Is(err, dnsmessage.ErrSectionDone) {
				break
			}
			if err != nil {
				t.Fatalf("%x: %v", wire, err)
			}
			if h.Type == dnsmessage.TypeCNAME {
				cname, err := p.CNAMEResource()
				if err != nil || ascii.Lower(h.Name.String()) != owner || !aliasable(ascii.Lower(cname.CNAME.String())) {
					t.Fatalf("%x: %v leads from %v to %v, %v", wire, owner, h.Name, cname.CNAME, err)
				}
				owner = ascii.Lower(cname.CNAME.String())
				continue
			}
			if name := ascii.Lower(h.Name.String()); name != owner && h.Type == dnsmessage.TypeA || !strings.HasSuffix(owner, ".") {
				t.Fatalf("%x: an address of %v, not %v", wire, h.Name, owner)
			}
			if err := p.SkipAnswer(); err != nil {
				t.Fatalf("%x: %v", wire, err)
			}
		}
	}
}
