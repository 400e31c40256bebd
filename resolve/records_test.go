package resolve

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

func TestParseZone(t *testing.T) {
	r := records(t, `$TTL 300
$ORIGIN corp.test.
@	SOA ns hostmaster 1 2 3 4 5
WWW	60 IN A 192.0.2.1
www	AAAA 2001:db8::1
_ldap._tcp SRV 0 0 389 ldap
x	TXT "a b" "c"
y	TYPE65280 \# 2 0102
`)
	for name, kinds := range map[string][]uint16{
		"www.corp.test": {dns.TypeA, dns.TypeAAAA}, "corp.test": {dns.TypeSOA}, "_ldap._tcp.corp.test": {dns.TypeSRV},
		"x.corp.test": {dns.TypeTXT}, "y.corp.test": {65280},
	} {
		for _, kind := range kinds {
			if !r.Has(name, kind) {
				t.Errorf("%s has no %s", name, TypeString(kind))
			}
		}
	}
	if r.Has("www.corp.test", dns.TypeMX) || r.Has("absent.corp.test", dns.TypeA) || (*Records)(nil).Has("a", 1) {
		t.Error("records that there are not")
	}
}

func TestBadZones(t *testing.T) {
	for text, want := range map[string]string{
		"a.test. A 192.0.2.300\n":                        "file:1:",
		"a.test. A 192.0.2.1\nb.test. MX\n":              "file:2:1: no data for type MX",
		"a.test. NOSUCHTYPE x\n":                         "file:1:",
		"$INCLUDE /etc/passwd\n":                         "file:1:1: $INCLUDE is not allowed",
		"a.test. A 192.0.2.1\n$GENERATE 1-9 $ A 1.2.3.4": "file:2:1: $GENERATE is not allowed",
		"a.test. CNAME b.test.\na.test. A 192.0.2.1\n":   "file:2:1: a.test: a name with a CNAME",
		"a.test. CH A 192.0.2.1\n":                       "file",
	} {
		_, err := ParseZone(text, "file")
		var bad *RecordError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || bad.Hint() == "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestParseRecord(t *testing.T) {
	if r, err := ParseRecord("a.test 60 IN A 192.0.2.1", "--record"); err != nil || !r.Has("a.test", dns.TypeA) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "a.test", "a.test A", "a.test A 192.0.2.1\nb.test A 192.0.2.1", "; a comment"} {
		if _, err := ParseRecord(bad, "--record"); err == nil || !strings.HasPrefix(err.Error(), "--record: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A wildcard stands for names that do not exist, below the closest one that does; RFC 4592.
func TestWildcards(t *testing.T) {
	r := resolver(t, Config{Records: records(t, `
*.w.test	A 192.0.2.1
a.w.test	TXT exists
b.c.w.test	TXT exists
*.alias.test	CNAME x.w.test.
`)})
	for name, want := range map[string]string{
		"x.w.test": "192.0.2.1", "x.y.w.test": "192.0.2.1", "a.w.test": "", "x.alias.test": "x.w.test 192.0.2.1",
	} {
		a, ok := r.Cached(question(name), Chain{})
		if got := strings.Join(a.Answers(), " "); !ok || got != want || got != "" && a.records[0].Header().Name != name+"." {
			t.Errorf("%s: %q, %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"w.test", "x.a.w.test", "x.c.w.test", "test", "other"} {
		if a, ok := r.Cached(question(name), Chain{}); ok {
			t.Errorf("%s: %q", name, a.Answers())
		}
	}
}

func TestMergeRecords(t *testing.T) {
	a, b := records(t, "a.test. A 192.0.2.1\n"), records(t, "a.test. A 192.0.2.1\na.test. A 192.0.2.2\n")
	if m, err := MergeRecords(a, nil, b); err != nil || m.count() != 2 {
		t.Errorf("%v", err)
	}
	if _, err := MergeRecords(a, records(t, "A.TEST. CNAME b.test.\n")); err == nil {
		t.Error("a CNAME beside an address")
	}
}

// Times to live are counted down, clamped, and end.
func TestCacheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := newCache(10, 5*time.Second, time.Minute, 0)
		if err != nil {
			t.Fatal(err)
		}
		put := func(name string, ttl time.Duration) {
			c.put(stepKey{name: name, kind: dns.TypeA}, step{records: answerOf(name + " 300 IN A 192.0.2.1").records, ttl: ttl})
		}
		left := func(name string) int {
			s, ok := c.get(stepKey{name: name, kind: dns.TypeA}, false)
			if !ok {
				return -1
			}
			return int(s.records[0].Header().Ttl)
		}
		put("short.", 0)
		put("middle.", 30*time.Second)
		put("long.", time.Hour)
		for _, at := range []struct {
			wait                time.Duration
			short, middle, long int
		}{{0, 5, 30, 60}, {3 * time.Second, 2, 27, 57}, {3 * time.Second, -1, 24, 54}, {24 * time.Second, -1, -1, 30}, {time.Minute, -1, -1, -1}} {
			time.Sleep(at.wait) //nolint:forbidigo // the bubble's clock
			if s, m, l := left("short."), left("middle."), left("long."); s != at.short || m != at.middle || l != at.long {
				t.Errorf("after %v more: %d %d %d, want %+v", at.wait, s, m, l, at)
			}
		}
	})
}

func FuzzZone(f *testing.F) {
	f.Add("a.test. 60 IN A 192.0.2.1\n")
	f.Add("$TTL 1\n$ORIGIN x.\n@ SOA a b 1 2 3 4 5\n")
	f.Add("a TXT \"unfinished\n")
	f.Add("$GENERATE 1-1000000000 a A 1.2.3.4")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseZone(text, "zone")
		if err != nil {
			return
		}
		if _, err := MergeRecords(r, r); err != nil {
			t.Errorf("records do not merge with themselves: %v", err)
		}
	})
}
