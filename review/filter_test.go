package review

import (
	"testing"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

func names(t *testing.T, patterns ...string) *Names {
	t.Helper()
	n, err := ParseNames(patterns)
	must(t, err)
	return n
}

func process(t *testing.T, s string) []Process {
	t.Helper()
	p, err := ParseProcess(s)
	must(t, err)
	return []Process{p}
}

func TestFilter(t *testing.T) {
	e := wantEvery()
	call := &Event{Name: audit.BlockDecision, Decision: audit.Deny, ServerAddress: "192.0.2.9", Conversation: "67e5"}
	odd := &Event{Name: audit.PolicyDecision, ServerAddress: `a\\x00b.example.test`, Time: at}
	reload := &Event{Name: audit.PolicyReload, Time: at, Session: "s1"}
	for _, tt := range []struct {
		what   string
		filter *Filter
		want   [4]bool
	}{
		{"none", nil, [4]bool{true, true, true, true}},
		{"zero", &Filter{}, [4]bool{true, true, true, true}},
		{"since", &Filter{Since: at}, [4]bool{true, false, true, true}},
		{"since later", &Filter{Since: at.Add(1)}, [4]bool{}},
		{"until", &Filter{Until: at}, [4]bool{}},
		{"until later", &Filter{Until: at.Add(1)}, [4]bool{true, false, true, true}},
		{"session", &Filter{Sessions: []string{"x", "s1"}}, [4]bool{true, false, false, true}},
		{"conversation", &Filter{Sessions: []string{"67"}}, [4]bool{false, true, false, false}},
		{"pid", &Filter{Processes: process(t, "42")}, [4]bool{true, false, false, false}},
		{"program", &Filter{Processes: process(t, "cur?")}, [4]bool{true, false, false, false}},
		{"path", &Filter{Processes: process(t, "/usr/bin/curl")}, [4]bool{true, false, false, false}},
		{"other path", &Filter{Processes: process(t, "/bin/curl")}, [4]bool{}},
		{"name", &Filter{Names: names(t, "WWW.example.test.")}, [4]bool{true, false, false, false}},
		{"below", &Filter{Names: names(t, "*.example.test", "x.test")}, [4]bool{true, false, true, false}},
		{"any name", &Filter{Names: names(t, "*")}, [4]bool{true, false, true, false}},
		{"address", &Filter{Names: names(t, "192.0.2.9")}, [4]bool{false, true, false, false}},
		{"denied", &Filter{Decision: audit.Deny}, [4]bool{false, true, false, false}},
		{"observed", &Filter{Observed: true}, [4]bool{true, false, false, false}},
	} {
		for i, e := range []*Event{e, call, odd, reload} {
			if got := tt.filter.Match(e); got != tt.want[i] {
				t.Errorf("%s: %v for event %d", tt.what, got, i)
			}
		}
	}
}

func TestParse(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	for s, want := range map[string]string{
		"2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z", "2026-01-02": "2026-01-01T23:00:00Z", "2h": "2026-03-04T02:06:07Z", "1h30m": "2026-03-04T02:36:07Z",
		"2d": "2026-03-02T04:06:07Z", "0s": "2026-03-04T04:06:07Z", "": "", "yesterday": "", "-2h": "", "-1d": "", "2026-02-30": "",
	} {
		got, err := ParseTime(s, now)
		if err == nil != (want != "") || err == nil && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "[", "a["} {
		if _, err := ParseProcess(s); err == nil {
			t.Errorf("process %q is taken", s)
		}
	}
	if _, err := ParseNames([]string{"a..b", "x/y"}); err == nil {
		t.Error("bad patterns are taken")
	}
}
