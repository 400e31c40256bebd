package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTOML(t *testing.T) {
	f, err := Load("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	f.Rules = append([]Rule{
		{Pattern: mustPattern(t, "b.test"), Effect: Allow, Origin: Origin{Flag: "--allow"}},
		{Pattern: mustPattern(t, "localhost"), Effect: Allow, Origin: Origin{File: "odd\nname", Line: 1, Column: 2}},
	}, f.Rules...)
	f.DNS.Zones = []UpstreamZone{{Domain: "corp.example", Upstreams: []Located{{"tls://ns.corp.example", Origin{}}}}}
	const p = "testdata/good/full.toml:"
	want := `[network.domains]
"b.test" = "allow" # --allow
# "localhost" = "allow" # "odd\nname:1:2"
"example.com" = "allow" # ` + p + `3:1
"*.example.org" = "allow" # ` + p + `4:1
"**.evil.test" = "deny" # ` + p + `5:1
"localhost" = "deny" # ` + p + `6:1

[dns]
types = [
  "A", # ` + p + `9:10
  "aaaa", # ` + p + `9:15
  "TYPE64", # ` + p + `9:23
]
ptr = "any"
private = "deny"
min-lease = "30s"
max-lease = "2h0m0s"
stale = "1h0m0s"
upstream-proxy = "socks5://127.0.0.1:1080" # ` + p + `17:18
upstream-order = "race"
deny-with = "errno"
cache-size = 4096
min-ttl = "0s"
max-ttl = "1h0m0s"
timeout = "4s"

[dns.upstreams]
"." = [
  "system", # ` + p + `15:14
  "udp://10.0.0.53", # ` + p + `15:24
  "tcp://[::1]:53", # ` + p + `16:3
]
"corp.example" = ["tls://ns.corp.example"]

[dns.budget]
names = 1
bytes = 2
total-names = 3
total-bytes = 4
questions = 5

[dns.records]
zone = '''
$TTL 60
a.test. A 192.0.2.1
'''
`
	if diff := cmp.Diff(want, f.TOML()); diff != "" {
		t.Error(diff)
	}
	if text := (&File{}).TOML(); text != "" {
		t.Errorf("nothing is %q", text)
	}
}

func drawDuration(t *rapid.T, label string, least, most, unit time.Duration) *time.Duration {
	if rapid.Bool().Draw(t, label) {
		return nil
	}
	d := time.Duration(rapid.Int64Range(int64(least/unit), int64(most/unit)).Draw(t, label)) * unit
	return &d
}

func drawTexts(t *rapid.T, label string, most int) []Located {
	if rapid.Bool().Draw(t, label) {
		return nil
	}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Located {
		return Located{Text: rapid.StringN(1, 20, -1).Draw(t, label), Origin: Origin{File: rapid.String().Draw(t, "file")}}
	}), 0, most).Draw(t, label)
}

func drawFile(t *rapid.T) *File {
	f := &File{Rules: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Rule {
		effect := rapid.SampledFrom([]Effect{Deny, Allow}).Draw(t, "effect")
		return Rule{Pattern: drawPattern(t), Effect: effect, Origin: Origin{File: rapid.String().Draw(t, "file"), Line: 3}}
	}), 0, 8).Draw(t, "rules")}
	d := &f.DNS
	d.Types, d.Upstreams = drawTexts(t, "types", 4), drawTexts(t, "upstreams", 4)
	d.PTR = PTRMode(rapid.IntRange(0, 2).Draw(t, "ptr"))
	d.UpstreamOrder = UpstreamOrder(rapid.IntRange(0, 1).Draw(t, "order"))
	d.DenyWith = DenyWith(rapid.IntRange(0, 3).Draw(t, "deny with"))
	d.DenyPrivate = rapid.Bool().Draw(t, "private")
	d.MinLease, d.MaxLease = drawDuration(t, "min lease", 0, time.Hour, 1), drawDuration(t, "max lease", time.Hour, LongestLease, 1)
	d.MinTTL, d.MaxTTL = drawDuration(t, "min ttl", 0, time.Hour, time.Second), drawDuration(t, "max ttl", time.Hour, MaxTTL, time.Second)
	d.Stale, d.Timeout = drawDuration(t, "stale", 0, MaxStale, 1), drawDuration(t, "timeout", MinTimeout, MaxTimeout, 1)
	if rapid.Bool().Draw(t, "cache") {
		size := rapid.IntRange(0, MaxCacheSize).Draw(t, "size")
		d.CacheSize = &size
	}
	d.Budget = Limits{Names: rapid.IntRange(0, 3).Draw(t, "names"), TotalBytes: rapid.IntRange(0, MaxBudgetBytes).Draw(t, "bytes")}
	for _, domain := range rapid.SliceOfNDistinct(rapid.StringMatching(`[ab]\.[ab]`), 0, 3, rapid.ID).Draw(t, "zones") {
		zone := UpstreamZone{Domain: domain, Upstreams: drawTexts(t, "of zone", 3)}
		if zone.Upstreams == nil {
			zone.Upstreams = []Located{}
		}
		d.Zones = append(d.Zones, zone)
	}
	if proxy := drawTexts(t, "proxy", 1); len(proxy) > 0 {
		d.UpstreamProxy = proxy[0]
	}
	if rapid.Bool().Draw(t, "records") {
		f.Records = []Zone{{Text: rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\n\n\t\r'\"\\ a")))).Draw(t, "zone")}}
	}
	return f
}

// bare is a file without places, and without the rules that another with the same pattern leaves no effect.
func bare(f *File) *File {
	out := &File{DNS: f.DNS}
	denied := func(p Pattern) bool {
		return slices.ContainsFunc(f.Rules, func(r Rule) bool { return r.Pattern == p && r.Effect == Deny })
	}
	for _, r := range f.Rules {
		same := func(o Rule) bool { return o.Pattern == r.Pattern }
		if !slices.ContainsFunc(out.Rules, same) && (r.Effect == Deny || !denied(r.Pattern)) {
			out.Rules = append(out.Rules, Rule{Pattern: r.Pattern, Effect: r.Effect})
		}
	}
	unplaced := func(all []Located) []Located {
		out := slices.Clone(all)
		for i := range out {
			out[i].Origin = Origin{}
		}
		return out
	}
	d := &out.DNS
	d.Types, d.Upstreams = unplaced(d.Types), unplaced(d.Upstreams)
	d.UpstreamProxy.Origin = Origin{}
	d.Zones = slices.Clone(d.Zones)
	for i, z := range d.Zones {
		d.Zones[i] = UpstreamZone{Domain: z.Domain, Upstreams: unplaced(z.Upstreams)}
	}
	for _, z := range f.Records {
		out.Records = append(out.Records, Zone{Text: z.Text})
	}
	return out
}

// TestTOMLRoundTrip: what is written reads as the same again, and decides the same.
func TestTOMLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawFile(t)
		text := before.TOML()
		after, err := Parse("p", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if diff := cmp.Diff(bare(before), bare(after), cmp.AllowUnexported(Pattern{}, Zone{})); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
		for range 4 {
			name := drawMatch(t)
			was, is := New(before.Rules).Decide(name), New(after.Rules).Decide(name)
			if was.Effect != is.Effect || was.Reason != is.Reason || was.Service != is.Service || (was.Rule == nil) != (is.Rule == nil) || was.Rule != nil && was.Rule.Pattern != is.Rule.Pattern {
				t.Fatalf("%q: %+v, written and read %+v", name, was, is)
			}
		}
	})
}

// checkShown writes a file, and checks that what was written says and decides the same.
func checkShown(t *rapid.T, file *File, names []string) {
	again, err := Parse("shown", []byte(file.TOML()))
	if err != nil {
		t.Fatalf("%v\n%s", err, file.TOML())
	}
	if again.DNS.DenyPrivate != file.DNS.DenyPrivate {
		t.Error("private addresses are not as they were")
	}
	before, after := New(file.Rules), New(again.Rules)
	for _, name := range names {
		if b, a := before.Decide(name), after.Decide(name); b.Effect != a.Effect || b.Reason != a.Reason {
			t.Errorf("%s: %v was %v\n%s", name, a, b, file.TOML())
		}
	}
	for _, w := range Check(again.Rules) {
		if strings.Contains(w.Msg, "never matches") && !strings.Contains(w.Msg, "address") {
			t.Errorf("it is written as a rule: %s", w)
		}
	}
}
