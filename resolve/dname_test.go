package resolve

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestRedirection(t *testing.T) {
	l := newLiar(t, func(w dns.ResponseWriter, m *dns.Msg, _ bool) {
		reply := new(dns.Msg).SetReply(m)
		// An upstream that lies about the alias: what follows from the DNAME counts.
		reply.Answer = answerOf("old.corp. 60 IN DNAME new.corp.", "a.old.corp. 60 IN CNAME evil.test.", "a.new.corp. 60 IN A 192.0.2.1", "evil.test. 60 IN A 192.0.2.66").records
		_ = w.WriteMsg(reply)
	})
	long := strings.Repeat(strings.Repeat("x", 63)+".", 3)
	r := resolver(t, Config{CacheSize: 10, Records: records(t, "here.test. DNAME "+long+"there.test.\nhere2.test. DNAME there.test.\na.there.test. A 192.0.2.2\n")}, l)
	expect(t, lookup(t, r, "a.old.corp", Chain{}), "NOERROR", "new.corp.", "a.new.corp", "192.0.2.1")
	expect(t, lookup(t, r, "a.here2.test", Chain{}), "NOERROR", "there.test.", "a.there.test", "192.0.2.2")
	// RFC 6672 section 2.2: a result that is too long is no alias.
	if a := lookup(t, r, strings.Repeat("y", 63)+".here.test", Chain{Judge: judge{ask: NoName}}); a.RCode() != "NXDOMAIN" {
		t.Errorf("a name that grows too long: %s %q", a.RCode(), a.Answers())
	}
}

// judge denies by a function, nothing where it is nil, and says one thing of all names.
type judge struct {
	deny func(target string) string
	ask  Asking
}

func (j judge) Deny(target string) string {
	if j.deny == nil {
		return ""
	}
	return j.deny(target)
}

func (j judge) Ask(string) Asking { return j.ask }

// The target of an alias is put to the deny rules where the alias itself is asked for, too.
func TestDeniedAlias(t *testing.T) {
	l := newLiar(t, honest("a.corp. 60 IN CNAME b.corp.", "c.corp. 60 IN DNAME d.corp."))
	r := resolver(t, Config{CacheSize: 10}, l)
	deny := Chain{Judge: judge{deny: func(target string) string { return target + " is denied" }}}
	for name, kind := range map[string]uint16{"a.corp": dns.TypeCNAME, "c.corp": dns.TypeDNAME} {
		q := Question{Name: name, Type: kind, Class: dns.ClassINET}
		if a := r.Lookup(t.Context(), q, deny); a.DeniedTarget() == "" || a.RCode() != "NXDOMAIN" || len(a.Answers()) != 0 {
			t.Errorf("%s %s: %s %q", name, TypeString(kind), a.RCode(), a.Answers())
		}
		if a, ok := r.Cached(q, Chain{}); !ok || len(a.Answers()) != 1 {
			t.Errorf("%s %s without a denial: %q", name, TypeString(kind), a.Answers())
		}
	}
}
