package supervisor

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// bench is a desk without a tree: it judges, answers from static records alone, and gives leases.
type bench struct {
	*desk
	*testing.T
}

func newBench(t *testing.T, rules ...string) *bench {
	t.Helper()
	b := &bench{&desk{}, t}
	b.leases = policy.NewLeases(b.allows)
	b.set(rules...)
	return b
}

// set puts other rules in place, "allow a.test" each.
func (b *bench) set(texts ...string) {
	b.Helper()
	records, err := resolve.ParseZone(corp, "zone")
	if err != nil {
		b.Fatal(err)
	}
	resolver, err := resolve.New(resolve.Config{Records: records, Upstreams: nil, Own: Placeholders()})
	if err != nil {
		b.Fatal(err)
	}
	var rules []policy.Rule
	for _, text := range texts {
		word, pattern, _ := strings.Cut(text, " ")
		p, err := policy.ParsePattern(pattern)
		if err != nil {
			b.Fatal(err)
		}
		rule := policy.Rule{Pattern: p}
		if word == "allow" {
			rule.Effect = policy.Allow
		}
		rules = append(rules, rule)
	}
	b.rules.Store(&Rules{Policy: policy.New(rules), Resolver: resolver})
}

// ask judges "name TYPE" and, where it is allowed and known, gives the leases of its answer.
func (b *bench) ask(text string) judgement {
	b.Helper()
	name, word, _ := strings.Cut(text, " ")
	word, dnssec := strings.CutSuffix(word, "+do")
	kind, err := resolve.ParseType(word)
	if err != nil {
		b.Fatal(err)
	}
	asked := resolve.Question{Name: name, Type: kind, Class: 1, DNSSEC: dnssec}
	q := &question{rules: b.rules.Load(), judgement: b.judge(b.rules.Load(), asked)}
	if q.allowed() {
		if answer, ok := q.rules.Resolver.Cached(asked, resolve.Chain{}); ok {
			b.grant(q, asked, answer)
		}
	}
	return q.judgement
}

// expect checks "name TYPE" against "deny", "rule" or "lease".
func (b *bench) expect(text, want string) {
	b.Helper()
	j := b.ask(text)
	got := "deny"
	switch {
	case j.allowed() && j.source == audit.SourceDerived:
		got = "lease"
	case j.allowed():
		got = "rule"
	}
	if got != want {
		b.Errorf("%s: %s, not %s (%+v)", text, got, want, j)
	}
}

const corp = `
www.corp.         CNAME real.corp.
real.corp.        A     192.0.2.1
corp.             MX    0 mail.corp.
_ldap._tcp.corp.  SRV   0 0 389 ldap.corp.
ldap.corp.        A     192.0.2.2
mail.corp.        AAAA  2001:db8::1
other.corp.       A     192.0.2.3
far.corp.         CNAME www.corp.
`

func TestLeasesFollowAnswers(t *testing.T) {
	b := newBench(t, "allow www.corp", "allow corp")
	b.expect("real.corp A", "deny")
	b.expect("1.2.0.192.in-addr.arpa PTR", "deny")
	b.expect("www.corp A", "rule")
	b.expect("real.corp A", "lease")
	b.expect("1.2.0.192.in-addr.arpa PTR", "lease")
	b.expect("1.2.0.192.in-addr.arpa TXT", "deny")
	b.expect("2.0.192.in-addr.arpa PTR", "deny")
	b.expect("x.real.corp A", "deny")
	b.expect("mail.corp AAAA", "deny")
	b.expect("corp MX", "rule")
	b.expect("mail.corp AAAA", "lease")
	b.expect("ldap.corp A", "deny")
	b.expect("_ldap._tcp.corp SRV", "rule")
	b.expect("ldap.corp A", "lease")
	b.expect("_25._tcp.mail.corp TLSA", "lease")
	b.expect("_zz-secret._tcp.mail.corp TLSA", "deny")
	b.expect("other.corp A", "deny")
	b.expect("8.0.0.192.in-addr.arpa PTR", "rule")
	b.expect("1.0.0.127.in-addr.arpa PTR", "rule")
}

func TestLeasesEndWithTheirRule(t *testing.T) {
	b := newBench(t, "allow www.corp")
	b.expect("www.corp A", "rule")
	b.expect("real.corp A", "lease")
	b.set("allow www.corp", "deny real.corp")
	b.expect("real.corp A", "deny")
	b.set("allow elsewhere.corp")
	b.expect("real.corp A", "deny")
	b.expect("1.2.0.192.in-addr.arpa PTR", "deny")
	b.set("allow **.corp", "deny www.corp")
	b.expect("1.2.0.192.in-addr.arpa PTR", "deny")
}

func TestLeasesEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "allow www.corp")
		b.expect("www.corp A", "rule")
		time.Sleep(59 * time.Second) //nolint:forbidigo // the bubble's own clock
		b.expect("real.corp A", "lease")
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's own clock
		b.expect("real.corp A", "deny")
	})
}

// Keys of the names above an allowed one are no secret of the sandbox's; nothing else of them is given, nor to others.
func TestKeysOfNamesAbove(t *testing.T) {
	b := newBench(t, "allow www.dept.corp", "allow *.local")
	b.expect("local DS+do", "deny")
	for _, name := range []string{"", "corp", "dept.corp"} {
		b.expect(name+" DNSKEY+do", "lease")
		b.expect(name+" DS+do", "lease")
		b.expect(name+" DNSKEY", "deny")
		b.expect(name+" A+do", "deny")
	}
	b.expect("other.corp DS+do", "deny")
	b.expect("x.www.dept.corp DS+do", "deny")
}

func TestWhatUpstreamsAreNotAsked(t *testing.T) {
	b := newBench(t, "allow *", "allow www.corp", "allow named.local", "allow **.lab.test")
	for text, want := range map[string]resolve.Asking{
		"www.corp A": resolve.Ask, "www.corp TXT": resolve.Ask, "x.corp TXT": resolve.NoTypes, "_acme-challenge.x.corp TXT": resolve.Ask,
		"x.local A": resolve.NoName, "named.local A": resolve.Ask, "a.lab.test A": resolve.Ask, "lab.test A": resolve.Ask, "b.test A": resolve.NoName,
		"x.onion A": resolve.NoName, "use-application-dns.net A": resolve.NoName, "9.9.9.9.in-addr.arpa PTR": resolve.NoName,
	} {
		if j := b.ask(text); !j.allowed() || j.ask != want {
			t.Errorf("%s: allowed %v, asked %d, not %d", text, j.allowed(), j.ask, want)
		}
	}
}

// A lease whose rule has gone does not keep another name's answer from giving one.
func TestLeaseOfARuleThatIsGone(t *testing.T) {
	b := newBench(t, "allow www.corp", "allow corp")
	b.expect("www.corp A", "rule")
	b.expect("real.corp A", "lease")
	b.set("allow far.corp")
	b.expect("real.corp A", "deny")
	b.expect("far.corp CNAME", "rule")
	b.expect("www.corp CNAME", "lease")
	b.expect("real.corp A", "lease")
	b.expect("1.2.0.192.in-addr.arpa PTR", "lease")
}
