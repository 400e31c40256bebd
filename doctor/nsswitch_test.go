package doctor

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestProbeNSSwitch(t *testing.T) {
	for _, c := range []struct {
		name, line string
		outcome    outcome
		advice     string
	}{
		{"Debian", "files dns", isThere, ""},
		{"Debian desktop", "files mdns4_minimal [NOTFOUND=return] dns mymachines", isThere, ""},
		{"Ubuntu", "files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns", isThere, ""},
		{"Fedora", "files myhostname mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns", isThere, ""},
		{"Arch", "mymachines resolve [!UNAVAIL=return] files myhostname dns", isThere, ""},
		{"RHEL with SSSD", "files sss [NOTFOUND=return] dns myhostname", isThere, ""},
		{"resolve and nothing else", "files resolve [!UNAVAIL=return] myhostname", isMissing, "resolve [!UNAVAIL=return] dns"},
		{"resolve without an action", "files resolve", isMissing, "end the line with dns"},
		{"files alone", "files", isMissing, "end the line with dns"},
		{"empty", "", isMissing, "end the line with dns"},
		{"stopped by files", "files [NOTFOUND=return] dns", isMissing, `"files"`},
		{"stopped by myhostname", "files myhostname [!SUCCESS=return] dns", isMissing, `"myhostname"`},
		{"stopped by resolve", "files resolve [UNAVAIL=return] dns", isMissing, `"resolve"`},
		{"a later action outweighs", "files [NOTFOUND=return NOTFOUND=continue] dns", isThere, ""},
		{"no blanks", "files[notfound=continue]dns[!UNAVAIL=return]", isThere, ""},
		{"lower case", "files [notfound=Return] dns", isMissing, `"files"`},
		{"an action first", "[NOTFOUND=return] dns", cannotTell, ""},
		{"an action without end", "files [NOTFOUND=return dns", cannotTell, ""},
		{"an unknown status", "files [GONE=return] dns", cannotTell, ""},
		{"no action", "files [NOTFOUND] dns", cannotTell, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := machine("6.1.0", map[string]string{"etc/nsswitch.conf": "passwd: files\nhosts:\t" + c.line + " # as shipped\n"})
			got := probeNSSwitch(h)
			if got.outcome != c.outcome || !strings.Contains(got.advice, c.advice) || (got.advice != "") != (c.outcome == isMissing) {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(got.found, strings.TrimSpace("hosts: "+c.line)) {
				t.Errorf("found %q", got.found)
			}
		})
	}
}

func TestNSSwitchThatSaysNothing(t *testing.T) {
	expect(t, probeNSSwitch(machine("6.1.0", nil)), isThere, "not there: files dns")
	for _, text := range []string{"", "# hosts: files\n", "passwd: files\n", "hosts files\n", "hostss: files\n"} {
		expect(t, probeNSSwitch(machine("6.1.0", map[string]string{"etc/nsswitch.conf": text})), isThere, "no hosts line: files dns")
	}
	expect(t, probeNSSwitch(machine("6.1.0", map[string]string{"etc/nsswitch.conf": "hosts: files\nhosts: files dns\n"})), isThere, "hosts: files dns")
	expect(t, probeNSSwitch(machine("6.1.0", map[string]string{"etc/nsswitch.conf/x": ""})), cannotTell, "read etc/nsswitch.conf: invalid argument")
}

// What stands behind dns never matters, and an action that goes on never stops.
func TestNSSwitchBeforeDNSDecides(t *testing.T) {
	module := rapid.SampledFrom([]string{"files", "resolve", "myhostname", "mdns4_minimal", "sss", "own"})
	action := rapid.SampledFrom([]string{"", "[NOTFOUND=return]", "[!UNAVAIL=return]", "[UNAVAIL=return]", "[!SUCCESS=continue]", "[SUCCESS=merge]"})
	draw := func(t *rapid.T, label string) string {
		var words []string
		for range rapid.IntRange(0, 4).Draw(t, label) {
			words = append(words, module.Draw(t, "module"), action.Draw(t, "action"))
		}
		return strings.Join(words, " ")
	}
	reached := func(t *rapid.T, line string) bool {
		services, err := parseServices(line)
		if err != nil {
			t.Fatal(err)
		}
		_, ok := walk(services)
		return ok
	}
	rapid.Check(t, func(t *rapid.T) {
		before, after := draw(t, "before"), draw(t, "after")
		if reached(t, before+" dns") != reached(t, before+" dns "+after) {
			t.Fatalf("%q behind dns decides about %q", after, before)
		}
		if reached(t, before) {
			t.Fatalf("%q comes to dns", before)
		}
		if !strings.Contains(before, "=return") && !reached(t, before+" dns") {
			t.Fatalf("%q stops", before)
		}
	})
}

func FuzzNSSwitch(f *testing.F) {
	f.Add("hosts: files [NOTFOUND=return] dns")
	f.Fuzz(func(t *testing.T, text string) {
		got := probeNSSwitch(machine("6.1.0", map[string]string{"etc/nsswitch.conf": text}))
		if got.found == "" || (got.outcome == isMissing) != (got.advice != "") {
			t.Errorf("%+v", got)
		}
		line, ok := hostsLine(text)
		if services, err := parseServices(line); ok && err == nil && len(services) > len(line) {
			t.Errorf("%d services in %q", len(services), line)
		}
	})
}

func FuzzResolvConf(f *testing.F) {
	f.Add("nameserver 127.0.0.53\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := probeResolvConf(machine("6.1.0", map[string]string{"etc/resolv.conf": text}))
		servers, bad := nameservers(text)
		if (got.outcome == isThere) != (len(servers) > 0 && len(bad) == 0) {
			t.Errorf("%+v, %v, %v", got, servers, bad)
		}
	})
}
