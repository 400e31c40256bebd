package review

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

func question(name string, decision audit.Decision) *Event {
	reason := audit.ReasonAllow
	if decision == audit.Deny {
		reason = audit.ReasonNotAllowed
	}
	return &Event{Name: audit.PolicyDecision, Time: at, Session: "s", Scope: audit.ScopeDomain, Decision: decision, Reason: reason, ServerAddress: name, PID: 2, ParentPID: 1, Executable: "/bin/a"}
}

func summed(events ...*Event) *Figures {
	s := NewSummary()
	for _, e := range events {
		s.Add(e)
	}
	return s.Figures()
}

// What was denied comes first, counts have the retries in them, and a domain has all its names.
func TestSummary(t *testing.T) {
	often := question("www.example.co.uk", audit.Allow)
	often.Count, often.Rule, often.Duration, often.AnswerSource = 9, "**.example.co.uk", 3*time.Millisecond, "upstream"
	cached := question("www.example.co.uk", audit.Allow)
	cached.Rule, cached.AnswerSource, cached.Time = "**.example.co.uk", "cache", at.Add(time.Hour)
	observed := question("would.test", audit.Allow)
	observed.Observed, observed.Reason, observed.PID, observed.ParentPID, observed.Executable = true, audit.ReasonNotAllowed, 3, 2, "/bin/b"
	budget := question("short.example.co.uk", audit.Deny)
	budget.Reason, budget.Rule = audit.ReasonBudget, "*.example.co.uk"
	call := &Event{Name: audit.BlockDecision, Time: at, Session: "s", Decision: audit.Deny, Reason: audit.ReasonNotAllowed, Transport: "tcp", ServerAddress: "192.0.2.7", ServerPort: 443}
	carried := &Event{Name: audit.Forward, Time: at, Session: "t", Decision: audit.Allow, ServerAddress: "127.0.0.1", ServerPort: 80, PeerAddress: "127.0.0.1", PeerPort: 81, ClientBytes: 5, ServerBytes: 7, Error: "EPIPE"}
	f := summed(often, cached, observed, budget, question("denied.test", audit.Deny), question("denied.test", audit.Deny), call, carried, &Event{Name: audit.PolicyReload}, &Event{Name: audit.SessionEnd})

	text := func(names Table[NameFigures]) (all []string) {
		for _, r := range names.Rows {
			all = append(all, fmt.Sprintf("%s %d %d %d %s %s %v %s", r.Name, r.Denied, r.Observed, r.Allowed, r.Reason, r.Program, r.Others, r.Data))
		}
		return all
	}
	if diff := cmp.Diff([]string{
		"denied.test 2 0 0 not_allowed /bin/a false ", "short.example.co.uk 1 0 0 budget /bin/a false over the budget", "would.test 0 1 0 not_allowed /bin/b false ",
	}, text(f.DeniedNames)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"www.example.co.uk 0 0 9  /bin/a false "}, text(f.AllowedNames)); diff != "" {
		t.Error(diff)
	}
	domain := f.Domains.Rows[1]
	if len(f.Domains.Rows) != 3 || domain.Domain != "example.co.uk" || domain.Names != 2 || domain.Denied != 1 || domain.Allowed != 9 || !domain.Last.Equal(at.Add(time.Hour)) {
		t.Errorf("%+v", f.Domains)
	}
	if p := f.Processes.Rows; len(p) != 2 || p[0].Executable != "/bin/a" || p[0].Depth != 0 || p[0].Denied != 3 || p[1].Executable != "/bin/b" || p[1].Depth != 1 || p[1].Observed != 1 {
		t.Errorf("%+v", p)
	}
	if h := f.Hours.Rows; len(h) != 2 || h[0].Text != "2026-01-02 03:00" || h[0].Denied != 4 || h[1].Allowed != 1 {
		t.Errorf("%+v", h)
	}
	if c := f.Cache; c == nil || c.Hits != 1 || c.Misses != 8 || f.Latency[0].Count != 8 || f.Latency[0].P50 != 3000 || f.Latency[1].Source != "upstream" {
		t.Errorf("%+v, %+v", c, f.Latency)
	}
	if c := f.CallsTo.Rows; len(c) != 1 || c[0].Denied != 1 || c[0].Port != 443 || f.ForwardsTo.Rows[0].Out != 5 || f.ForwardsTo.Rows[0].Failed != 1 || f.Reloads != 1 || f.Sessions != 3 {
		t.Errorf("%+v, %+v", c, f.ForwardsTo)
	}
	if f.Questions != (Counts{3, 1, 9}) || f.Calls != (Counts{Denied: 1}) || !f.First.Equal(at) {
		t.Errorf("%+v", f)
	}

	var rules []policy.Rule
	for _, p := range []string{"**.example.co.uk", "*.example.co.uk", "unused.test"} {
		pattern, err := policy.ParsePattern(p)
		must(t, err)
		rules = append(rules, policy.Rule{Pattern: pattern, Effect: policy.Allow, Origin: policy.Origin{File: "p", Line: 7, Column: 1}})
	}
	if diff := cmp.Diff([]UnusedRule{{"unused.test", "allow", "p:7:1"}}, f.Unused(rules)); diff != "" {
		t.Error(diff)
	}
}

// A ring of parents, which only a forged log has, ends.
func TestProcessRing(t *testing.T) {
	a, b := question("a.test", audit.Deny), question("b.test", audit.Deny)
	a.PID, a.ParentPID, b.PID, b.ParentPID, b.Executable = 1, 2, 2, 1, "/bin/b"
	if rows := summed(a, b).Processes.Rows; len(rows) == 0 || len(rows) > 4*maxDepth {
		t.Errorf("%d rows", len(rows))
	}
}

// Tables stay as small as they are to be whatever comes, say what they lost, and keep what there was much of.
func TestBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBounded[string, *TextRow](10)
		total, often := int64(0), int64(0)
		for i, key := range rapid.SliceOfN(rapid.IntRange(0, 200), 0, 2000).Draw(t, "keys") {
			name := fmt.Sprint(key)
			if i%3 == 0 {
				name = "often"
				often++
			}
			textRow(b, name, name).add(&Event{Decision: audit.Deny}, 0)
			total++
			if len(b.rows) > 20 {
				t.Fatalf("%d rows", len(b.rows))
			}
		}
		kept := int64(0)
		for _, r := range b.rows {
			kept += r.Total()
		}
		if kept+b.cut.Events != total {
			t.Fatalf("%d kept and %d dropped of %d", kept, b.cut.Events, total)
		}
		if r := b.rows["often"]; often > b.cut.Low && (r == nil || r.Total()+b.cut.Low < often) {
			t.Fatalf("%d times, counted %v, %d too few at most", often, r, b.cut.Low)
		}
	})
}

// Names that are all different, long ones too, do not fill the memory, and what is seen among them is found.
func TestManyNames(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	s := NewSummary()
	for i := range 300_000 {
		s.Add(question(fmt.Sprintf("%x.evil.example", source.Uint64()), audit.Deny))
		if i%1000 == 0 {
			s.Add(question(strings.Repeat("x", 1000)+fmt.Sprint(i)+".example", audit.Allow))
			s.Add(question("often.example", audit.Deny))
		}
	}
	if len(s.denied.rows) > 2*maxNames {
		t.Errorf("%d rows", len(s.denied.rows))
	}
	f := s.Figures()
	if r := f.DeniedNames.Rows[0]; r.Name != "often.example" || f.DeniedNames.DroppedEvents == 0 || f.Questions.Denied != 300_300 {
		t.Errorf("%+v, %d dropped", r, f.DeniedNames.DroppedEvents)
	}
	if r := f.DeniedNames.Rows[1]; r.Data == "" {
		t.Errorf("%+v", r)
	}
	if d := f.Domains.Rows[0]; d.Domain != "evil.example" || d.Denied != 300_000 || d.Names != 300_000 {
		t.Errorf("%+v", d)
	}
	var text strings.Builder
	must(t, f.WriteText(&text, 5, 100))
	if !strings.Contains(text.String(), "Denied names (5 of ") || !strings.Contains(text.String(), "too many to keep") {
		t.Error(text.String())
	}
}

// Nothing of an event is interpreted, in tables and in JSON; and tables are no wider than they are to be.
func TestHostileSummary(t *testing.T) {
	r := Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(hostileLines(t))})
	s := NewSummary()
	for e := range r.Events() {
		s.Add(e)
	}
	f := s.Figures()
	f.UnusedRules = []UnusedRule{}
	for _, width := range []int{0, 40, 132} {
		var text strings.Builder
		must(t, f.WriteText(&text, 0, width))
		wantPrintable(t, "summary", text.String())
		for line := range strings.Lines(text.String()) {
			if n := columns(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
	}
	object, err := json.Marshal(f)
	must(t, err)
	wantPrintable(t, "JSON", string(object))
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{
		"short": "short", "0123456789": "0123456789", "0123456789a": "012…56789a", "日本語日本語日本語": "日…日本語", strings.Repeat("e\u0301", 10): strings.Repeat("e\u0301", 10),
	} {
		if got := shorten(in, 10); got != want || columns(got) > 10 {
			t.Errorf("%q is %q", in, got)
		}
	}
	if got := shorten("a-very-long-name.below.example.com", 20); got != "a-very…w.example.com" {
		t.Errorf("%q", got)
	}
}
