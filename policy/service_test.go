package policy

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

func TestServiceOwner(t *testing.T) {
	for name, want := range map[string]string{
		"_kerberos._udp.x.test":                       "x.test",
		"_ldap._tcp.x.test":                           "x.test",
		"_ldap._tcp.dc._msdcs.x.test":                 "x.test",
		"gc._msdcs.x.test":                            "x.test",
		"_kerberos._tcp.dc._msdcs.x.test":             "x.test",
		"_25._tcp.x.test":                             "x.test",
		"_443._https.x.test":                          "x.test",
		"_443._quic.x.test":                           "x.test",
		"_dns.x.test":                                 "x.test",
		"_853._dns.x.test":                            "x.test",
		"_acme-challenge.x.test":                      "x.test",
		"_dmarc.x.test":                               "x.test",
		"_mta-sts.x.test":                             "x.test",
		"_smtp._tls.x.test":                           "x.test",
		"_services._dns-sd._udp.x.test":               "x.test",
		"_autodiscover._tcp.x.test":                   "x.test",
		"_minecraft._tcp.x.test":                      "x.test",
		"_grpc_config.x.test":                         "x.test",
		"_xmpp-server._tcp.test":                      "test",
		"_tcp.x.test":                                 "x.test",
		"_Kerberos._UDP.X.Test.":                      "x.test",
		"_dmarc._dmarc.x.test":                        "_dmarc.x.test",
		"_ldap._tcp.default-first-site-name._sites.x": "x",
		"_ldap._tcp.secret._sites.x.test":             "secret._sites.x.test",
		"secret._domainkey.x.test":                    "",
		"_secret._tcp.x.test":                         "",
		"_5353._udp.x.test":                           "",
		"_0443._tcp.x.test":                           "",
		"_443._tls.x.test":                            "",
		"_ta-4f66.x.test":                             "",
		"secret._dmarc.x.test":                        "",
		"x._tcp.test":                                 "",
		"www.x.test":                                  "",
		"a_b.x.test":                                  "",
		"_dmarc":                                      "",
		"_kerberos._udp":                              "_udp",
		"dc.x.test":                                   "",
		"":                                            "",
		`_dmarc\.x.test`:                              "",
		"_dmarc..test":                                "",
		"_dmarc." + strings.Repeat("a.", 200) + "test": "",
	} {
		if owner, ok := ServiceOwner(name); owner != want || ok != (want != "") {
			t.Errorf("ServiceOwner(%q) = %q, %t; want %q", cut(name), owner, ok, want)
		}
	}
}

// TestServiceTable: the labels stay few enough that a question for one carries at most ten bits, and each is a name below
// which there is nothing left to choose.
func TestServiceTable(t *testing.T) {
	if len(services().names) < 300 || len(services().names) > 1024 {
		t.Errorf("there are %d service names", len(services().names))
	}
	for name := range services().names {
		if f := inspect(name, false); f.kind != sound || !strings.Contains(name, "_") {
			t.Errorf("%q is no service name: %s", name, f)
		}
	}
	lines := 0
	for line := range strings.Lines(serviceText) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			lines += max(1, len(words)-1)
		}
	}
	if lines != len(services().names) {
		t.Errorf("%d entries make %d names: some are there twice", lines, len(services().names))
	}
}

// TestServicesOfTheRegistry: the entries of IANA's registry of global underscored names are all there, but for _ta-*, of which
// a part is the asking side's to choose.
func TestServicesOfTheRegistry(t *testing.T) {
	for name := range strings.FieldsSeq(`_acct _acme-challenge _dane _dccp _dmarc _dns _domainkey _dsync _email _ems _fax _for-sale _ft
		_h323 _http _https _iax _ical-access _ical-sched _ifax _im _ipv6 _ldap _mms _mta-sts _ocsp _openpgpkey _pres _pstn _sctp _signal
		_sip _smimecert _sms _spf _sztp _tcp _udp _unifmsg _validation-contactemail _validation-contactphone _vcard _videomsg
		_voice _voicemsg _vouch _vpim _web _xmpp`) {
		if owner, ok := ServiceOwner(name + ".a.test"); !ok || owner != "a.test" {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestDecideServices(t *testing.T) {
	for _, tt := range []struct {
		title  string
		rules  []string
		name   string
		reason Reason // empty: allowed
		rule   string
		plain  bool // decided by a rule for the name itself
	}{
		{"an allowed name allows its services", []string{"allow a.test"}, "_ldap._tcp.a.test", "", "a.test", false},
		{"case and the dot are forgiven", []string{"allow a.test"}, "_LDAP._tcp.A.test.", "", "a.test", false},
		{"and nothing else below it", []string{"allow a.test"}, "www.a.test", ReasonNotAllowed, "", true},
		{"nor labels of the sandbox's own", []string{"allow a.test"}, "_secret._tcp.a.test", ReasonNotAllowed, "", true},
		{"nor services of what is below it", []string{"allow a.test"}, "_ldap._tcp.b.a.test", ReasonNotAllowed, "", true},
		{"nor services of services", []string{"allow a.test"}, "_dmarc._dmarc.a.test", ReasonNotAllowed, "", true},
		{"nor those of its parent", []string{"allow a.test"}, "_ldap._tcp.test", ReasonNotAllowed, "", true},
		{"a name that is a glob's", []string{"allow a?.test"}, "_ldap._tcp.ab.test", "", "a?.test", false},
		{"a wildcard allows them itself", []string{"allow *.test"}, "_ldap._tcp.a.test", "", "*.test", true},
		{"but for its own domain", []string{"allow *.a.test"}, "_ldap._tcp.a.test", "", "*.a.test", true},
		{"a rule for the full name comes first", []string{"allow a.test", "allow _dmarc.a.test"}, "_dmarc.a.test", "", "_dmarc.a.test", true},
		{"a deny of the full name wins", []string{"allow a.test", "deny _dmarc.a.test"}, "_dmarc.a.test", ReasonDenied, "_dmarc.a.test", true},
		{"and one of what is below the owner", []string{"allow a.test", "deny *.a.test"}, "_dmarc.a.test", ReasonDenied, "*.a.test", true},
		{"a deny of the owner wins", []string{"allow a.test", "deny a.test"}, "_dmarc.a.test", ReasonDenied, "a.test", false},
		{"a denied owner is named", []string{"deny a.test"}, "_dmarc.a.test", ReasonDenied, "a.test", false},
		{"a denied owner outweighs a wildcard", []string{"deny a.test", "allow *.a.test"}, "_dmarc.a.test", ReasonDenied, "a.test", false},
		{"and a glob", []string{"deny ?.test", "allow *"}, "_443._https.a.test", ReasonDenied, "?.test", false},
		{"but not what it has none of", []string{"deny a.test", "allow **.a.test"}, "_secret._tcp.a.test", "", "**.a.test", true},
		{"nor a rule for the name", []string{"deny a.test", "allow _dmarc.a.test"}, "_dmarc.a.test", "", "_dmarc.a.test", true},
		{"services of localhost", nil, "_dmarc.localhost", ReasonNotAllowedLocal, "", true},
	} {
		t.Run(tt.title, func(t *testing.T) {
			got := ruleSet(t, tt.rules...).Decide(tt.name)
			if (got.Effect == Allow) != (tt.reason == "") || got.Reason != tt.reason || ruleText(got.Rule) != tt.rule || got.Service == tt.plain {
				t.Fatalf("Decide(%q) = %+v by %q", tt.name, got, ruleText(got.Rule))
			}
		})
	}
}

func TestServiceDecisionDoesNotAllocate(t *testing.T) {
	set := ruleSet(t, "allow a.test")
	if n := testing.AllocsPerRun(100, func() { set.Decide("_ldap._tcp.dc._msdcs.a.test") }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

// drawServiceName draws a name with labels that services are made of, so that owners nest and run into each other.
func drawServiceName(t *rapid.T) string {
	labels := rapid.SliceOfN(rapid.SampledFrom([]string{"_tcp", "_dmarc", "_ldap", "_kerberos", "_x", "_msdcs", "dc", "a", "b"}), 1, 6).Draw(t, "labels")
	return strings.Join(labels, ".")
}

func drawServiceRule(t *rapid.T) Rule {
	p, err := ParsePattern(rapid.SampledFrom([]string{"", "", "*.", "**.", "?."}).Draw(t, "form") + drawServiceName(t))
	if err != nil {
		t.Fatal(err)
	}
	return Rule{Pattern: p, Effect: rapid.SampledFrom([]Effect{Deny, Allow}).Draw(t, "effect")}
}

// TestNarrowerNeverAllowsMore: leaving out rules that allow, or adding rules that deny, allows no further name, and a name
// that a rule denies is never allowed.
func TestNarrowerNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide := rapid.SliceOfN(rapid.Custom(drawServiceRule), 0, 8).Draw(t, "rules")
		narrow := slices.DeleteFunc(slices.Clone(wide), func(r Rule) bool { return r.Effect == Allow && rapid.Bool().Draw(t, "left out") })
		for range rapid.IntRange(0, 3).Draw(t, "more") {
			r := drawServiceRule(t)
			r.Effect = Deny
			narrow = append(narrow, r)
		}
		name := drawServiceName(t)
		before, after := New(wide).Decide(name), New(narrow).Decide(name)
		if after.Effect == Allow && before.Effect != Allow {
			t.Fatalf("%q: %+v with the wide rules, %+v with the narrow ones", name, before, after)
		}
		for _, d := range []Decision{before, after} {
			checkService(t, d, name)
		}
		for _, r := range narrow {
			if r.Effect == Deny && r.Pattern.Match(name) && after.Effect == Allow {
				t.Fatalf("%q is allowed although %s is denied", name, r.Pattern)
			}
		}
	})
}

// checkService: the rule is about the name, or about the owner of its service label.
func checkService(t *rapid.T, d Decision, name string) {
	subject := name
	if d.Service {
		owner, ok := ServiceOwner(name)
		if !ok || !strings.HasSuffix(name, "."+owner) {
			t.Fatalf("%q has no owner: %q", name, owner)
		}
		subject = owner
	}
	if d.Rule != nil && !d.Rule.Pattern.Match(subject) {
		t.Fatalf("%q is decided by %s, which is not about %q", name, d.Rule.Pattern, subject)
	}
}

func FuzzServiceOwner(f *testing.F) {
	f.Add("_ldap._tcp.dc._msdcs.x.test")
	f.Add("_dmarc.")
	f.Fuzz(func(t *testing.T, name string) {
		owner, ok := ServiceOwner(name)
		if folded := strings.TrimSuffix(ascii.Lower(name), "."); ok && (!strings.HasSuffix(folded, "."+owner) || inspect(owner, false).kind != sound) {
			t.Fatalf("ServiceOwner(%q) = %q", name, owner)
		}
	})
}
