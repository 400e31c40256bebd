package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// summary is a File as text, one line a thing.
func summary(f *File) []string {
	var out []string
	for _, r := range f.Rules {
		out = append(out, r.Origin.String()+" "+r.Effect.String()+" "+r.Pattern.String())
	}
	texts := func(what string, all []Located) {
		for _, l := range all {
			out = append(out, l.Origin.String()+" "+what+" "+l.Text)
		}
	}
	texts("type", f.DNS.Types)
	texts("upstream", f.DNS.Upstreams)
	for _, z := range f.DNS.Zones {
		out = append(out, z.Origin.String()+" domain "+z.Domain)
		texts("upstream", z.Upstreams)
	}
	if p := f.DNS.UpstreamProxy; p.Text != "" {
		texts("proxy", []Located{p})
	}
	for _, z := range f.Records {
		out = append(out, z.At(1, 1).String()+" zone "+z.Text)
	}
	return out
}

func TestLoadFull(t *testing.T) {
	f, err := Load("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	const p = "testdata/good/full.toml:"
	want := []string{
		p + "3:1 allow example.com", p + "4:1 allow *.example.org", p + "5:1 deny **.evil.test", p + "6:1 deny localhost",
		p + "9:10 type A", p + "9:15 type aaaa", p + "9:23 type TYPE64",
		p + "15:14 upstream system", p + "15:24 upstream udp://10.0.0.53", p + "16:3 upstream tcp://[::1]:53",
		p + "17:18 proxy socks5://127.0.0.1:1080",
		p + "34:1 zone $TTL 60\na.test. A 192.0.2.1\n",
	}
	if diff := cmp.Diff(want, summary(f)); diff != "" {
		t.Error(diff)
	}
	d := f.DNS
	if d.DenyWith != Errno || *d.CacheSize != 4096 || *d.MinTTL != 0 || *d.MaxTTL != time.Hour || *d.Timeout != 4*time.Second {
		t.Errorf("[dns] is %+v", d)
	}
	if d.PTR != PTRAny || !d.DenyPrivate || *d.MinLease != 30*time.Second || *d.MaxLease != 2*time.Hour || *d.Stale != time.Hour || d.UpstreamOrder != Race {
		t.Errorf("[dns] is %+v", d)
	}
	if want := (Limits{Names: 1, Bytes: 2, TotalNames: 3, TotalBytes: 4, Questions: 5}); d.Budget != want {
		t.Errorf("[dns.budget] is %+v", d.Budget)
	}
}

// TestUpstreamZones: "." is the array of before, and a domain may have nobody to ask.
func TestUpstreamZones(t *testing.T) {
	f, err := Parse("p", files(t, "good")["zones.toml"])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"p:2:8 upstream system", "p:3:1 domain corp.example", "p:3:20 upstream udp://10.0.0.53",
		"p:3:39 upstream tls://ns.corp.example", "p:4:1 domain xn--bcher-kva",
	}
	if diff := cmp.Diff(want, summary(f)); diff != "" {
		t.Error(diff)
	}
}

func TestParseOtherForms(t *testing.T) {
	good := files(t, "good")
	parse := func(name string) *File {
		f, err := Parse("p", good[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return f
	}
	braces := parse("braces.toml")
	want := []string{"p:1:25 allow a.test", "p:1:45 deny b", "p:2:59 zone a. A 192.0.2.1"}
	if diff := cmp.Diff(want, summary(braces)); diff != "" {
		t.Error(diff)
	}
	if u := braces.DNS.Upstreams; u == nil || len(u) != 0 || *braces.DNS.Timeout != 1500*time.Millisecond {
		t.Errorf("braces: [dns] is %+v", braces.DNS)
	}
	dotted := parse("dotted.toml")
	if diff := cmp.Diff([]string{"p:1:17 allow a.test", "p:3:21 zone "}, summary(dotted)); diff != "" || *dotted.DNS.CacheSize != 0 {
		t.Error(diff, dotted.DNS)
	}
	if f := parse("below_first.toml"); len(f.Records) != 1 || *f.DNS.Timeout != time.Second {
		t.Errorf("below_first: %+v", f)
	}
	if f := parse("crlf.toml"); f.Records[0].At(2, 1).String() != "p:6:1" {
		t.Errorf("crlf: %+v", f.Records)
	}
}

// TestAbsentKeys: what a file does not say is not mistaken for a zero.
func TestAbsentKeys(t *testing.T) {
	f, err := Parse("p", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&File{}, f); diff != "" {
		t.Error(diff)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	fifo, large, denied := filepath.Join(dir, "fifo"), filepath.Join(dir, "large"), filepath.Join(dir, "dangling")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, make([]byte, MaxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", denied); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                             ": is not a regular file",
		fifo:                            ": is not a regular file",
		os.DevNull:                      ": is not a regular file",
		large:                           ": is larger than 1048576 bytes",
		denied:                          ": cannot be read: no such file or directory",
		filepath.Join(dir, "absent"):    ": cannot be read: no such file or directory",
		filepath.Join(large, "beneath"): ": cannot be read: not a directory",
	} {
		f, err := Load(path)
		failure, ok := errors.AsType[*Error](err)
		if !ok || f != nil || err.Error() != path+want || failure.Hint() == "" {
			t.Errorf("Load(%s) = %v, %v; want %s", path, f, err, want)
		}
	}
	if _, err := Load(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestLoadReportsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.toml")
	if err := os.WriteFile(path, []byte("[network.domains]\n\"a b\" = \"allow\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path)
	if err == nil || !strings.HasPrefix(err.Error(), path+":2:1: pattern") {
		t.Errorf("Load = %v", err)
	}
	if _, ok := errors.AsType[*PatternError](err); !ok {
		t.Errorf("the pattern's error is lost: %v", err)
	}
}

func TestOriginString(t *testing.T) {
	for want, o := range map[string]Origin{
		"": {}, "--allow": {Flag: "--allow"}, "f": {File: "f"}, "f:1:2": {File: "f", Line: 1, Column: 2},
	} {
		if got := o.String(); got != want {
			t.Errorf("%+v is %q, want %q", o, got, want)
		}
	}
}

func TestDenyWith(t *testing.T) {
	words := []string{"nxdomain", "refused", "nodata", "errno"}
	for i, how := range []DenyWith{NXDomain, Refused, NoData, Errno} {
		var text DenyWith
		got, err := ParseDenyWith(words[i])
		if err != nil || got != how || how.String() != words[i] || text.UnmarshalText([]byte(words[i])) != nil || text != how {
			t.Errorf("%s: %v, %v, %v", words[i], got, text, err)
		}
	}
	for _, bad := range []string{"", "NXDOMAIN", "drop", strings.Repeat("x", 1000)} {
		text := Errno
		_, err := ParseDenyWith(bad)
		if err == nil || text.UnmarshalText([]byte(bad)) == nil || text != Errno {
			t.Errorf("%s is taken", cut(bad))
		} else if !strings.Contains(err.Error(), "nodata") || len(err.Error()) > 200 {
			t.Errorf("%s: %v", cut(bad), err)
		}
	}
	if slices.Contains(words, DenyWith(9).String()) {
		t.Error("an unknown DenyWith has a word")
	}
}

func TestWords(t *testing.T) {
	got := []string{PTRConfirmed.String(), PTRAny.String(), PTROff.String(), Failover.String(), Race.String(), PTRMode(9).String(), UpstreamOrder(9).String()}
	if diff := cmp.Diff([]string{"confirmed", "any", "off", "failover", "race", "PTRMode(9)", "UpstreamOrder(9)"}, got); diff != "" {
		t.Error(diff)
	}
}
