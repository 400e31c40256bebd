package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
)

var start = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

// shown is what the page's script reads.
type shown struct {
	Made struct {
		By string
		At int64
	}
	Total   struct{ Lines, Denied, Would, Allowed int64 }
	Skipped int64
	Line    struct {
		Start, Width           int64
		Denied, Would, Allowed []int64
	}
	Texts     []string
	Processes struct{ PID, Parent, Executable, Command []int }
	Events    map[string]valuesOf
}

// valuesOf is a column of events; one number is that of the first row, and of all.
type valuesOf []int64

func (c *valuesOf) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]int64)(c))
	}
	*c = make([]int64, 1)
	return json.Unmarshal(text, &(*c)[0])
}

// page renders a report and reads its data back.
func page(t *testing.T, r *Report) (shown, []byte) {
	t.Helper()
	var out bytes.Buffer
	n, err := r.WriteTo(&out)
	if err != nil || n != int64(out.Len()) {
		t.Fatalf("%d of %d bytes, %v", n, out.Len(), err)
	}
	data := block(t, out.Bytes())
	var s shown
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s, out.Bytes()
}

// block is the page's data.
func block(t *testing.T, page []byte) []byte {
	t.Helper()
	_, rest, ok := bytes.Cut(page, []byte(`<script type="application/json" id="data">`))
	data, _, more := bytes.Cut(rest, []byte("</script>"))
	if !ok || !more {
		t.Fatal("the page has no data")
	}
	return data
}

// names are the names of a page's events, in their order.
func (s *shown) names() []string {
	var all []string
	for _, i := range s.Events["name"] {
		all = append(all, s.Texts[i])
	}
	return all
}

func decided(name string, decision audit.Decision, after time.Duration) *review.Event {
	return &review.Event{Name: audit.PolicyDecision, Scope: audit.ScopeDomain, Decision: decision, ServerAddress: name, Time: start.Add(after)}
}

// What is on the page is what happened, in the order of time.
func TestData(t *testing.T) {
	r := New(Options{By: "test", Now: start})
	e := decided("b.example", audit.Deny, time.Second)
	e.Reason, e.QuestionType, e.ResponseCode, e.PID, e.ParentPID, e.Executable, e.Args, e.Count = "not_allowed", "A", "NXDOMAIN", 7, 1, "/bin/sh", []string{"sh", "-c", "ask b", ""}, 4
	e.Duration = 1500 * time.Microsecond
	r.Add(e)
	r.Add(decided("a.example", audit.Allow, 0))
	observed := decided("c.example", audit.Allow, time.Minute)
	observed.Observed, observed.Rule, observed.Reason = true, "c.*", "denied"
	r.Add(observed)
	r.Add(&review.Event{Name: audit.PolicyReload, PolicyFile: "/etc/policy.toml", PolicyResult: "refused", PolicyReason: "it is bad", Time: start.Add(time.Hour)})
	r.Skipped(1)
	s, _ := page(t, r)
	if want := []string{"a.example", "b.example", "c.example", "/etc/policy.toml"}; !slices.Equal(s.names(), want) {
		t.Errorf("%q", s.names())
	}
	text := func(column string, row int) string { return s.Texts[s.Events[column][row]] }
	got := []string{text("why", 1), text("type", 1), text("response", 1), text("why", 2), text("why", 3), text("response", 3)}
	if want := []string{"not_allowed", "A", "NXDOMAIN", "denied by c.*", "it is bad", "refused"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if !slices.Equal(s.Events["decision"], []int64{2, 0, 1, 3}) || s.Events["count"][1] != 3 || s.Events["took"][1] != 1500 {
		t.Errorf("%v", s.Events)
	}
	if want := []int64{start.UnixMilli(), 1000, 59000, 59 * 60000}; !slices.Equal(s.Events["time"], want) {
		t.Errorf("times %v", s.Events["time"])
	}
	if p := s.Events["process"][1]; s.Processes.PID[p] != 7 || s.Texts[s.Processes.Command[p]] != "sh -c 'ask b' ''" {
		t.Errorf("%+v", s.Processes)
	}
	if s.Total.Lines != 4 || s.Total.Denied != 3 || s.Total.Would != 1 || s.Total.Allowed != 1 || s.Skipped != 1 || s.Made.By != "test" {
		t.Errorf("%+v", s)
	}
}

// The data cannot end its block, whatever an event says, and the texts are printable.
func TestDataStaysData(t *testing.T) {
	hostile := []string{"</script>", "<!--<script>", "\u2028\u2029", "\x00\x1b\x7f", "\xff\xc0\x80", "\u202e", "&lt;", `"\`, "DATA", "SCRIPT"}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))).Draw(t, "texts"), "")
		r := New(Options{By: s, Now: start})
		r.Add(&review.Event{Name: audit.Name(s), ServerAddress: s, Reason: s, Rule: s, Answers: []string{s}, Session: s, Executable: s, Args: []string{s}, Time: start})
		var out bytes.Buffer
		if _, err := r.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(out.String(), `id="data">`)
		data, tail, _ := strings.Cut(rest, "</script>")
		if strings.ContainsAny(data, "<>&\u2028\u2029\r\n") || strings.ContainsFunc(data, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%q", data)
		}
		if _, after := assemble(); !bytes.HasSuffix(after, []byte(tail)) {
			t.Fatalf("%q is behind the data", tail)
		}
		var read shown
		if err := json.Unmarshal([]byte(data), &read); err != nil {
			t.Fatal(err)
		}
		if want := cut(audit.Show(cut(s))); read.names()[0] != want {
			t.Fatalf("%q, not %q", read.names()[0], want)
		}
	})
}

// The policy of the page knows its one script and its one style, and nothing else.
func TestContentSecurityPolicy(t *testing.T) {
	_, whole := page(t, New(Options{}))
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindSubmatch(whole)
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllSubmatch(whole, -1)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllSubmatch(whole, -1)
	if policy == nil || len(script) != 1 || len(style) != 1 {
		t.Fatalf("%d scripts, %d styles, policy %q", len(script), len(style), policy)
	}
	want := "default-src 'none'; script-src " + digest(script[0][1]) + "; style-src " + digest(style[0][1]) +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	if string(policy[1]) != want {
		t.Errorf("%s", policy[1])
	}
	if odd := regexp.MustCompile(`(?i)innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|https?:|//[a-z]`).Find(script[0][1]); odd != nil {
		t.Errorf("the script has %q", odd)
	}
	if odd := regexp.MustCompile(`(?i)url\(|@import|expression`).Find(style[0][1]); odd != nil {
		t.Errorf("the style has %q", odd)
	}
	if bytes.Contains(whole, []byte("POLICY")) || bytes.Contains(whole, []byte("STYLE<")) || bytes.Contains(script[0][1], []byte("SCRIPT")) {
		t.Error("a part of the page is not in its place")
	}
}

// Of more events than a page holds, those that were denied stay, then the newest.
func TestKept(t *testing.T) {
	r := New(Options{})
	for i := range MaxEvents + 1000 {
		decision := audit.Allow
		if i < 10 {
			decision = audit.Deny
		}
		r.Add(decided(fmt.Sprintf("n%d.example", i), decision, time.Duration(i)*time.Second))
	}
	s, _ := page(t, r)
	names := s.names()
	if len(names) != MaxEvents || names[9] != "n9.example" || names[10] != "n1010.example" || names[MaxEvents-1] != fmt.Sprintf("n%d.example", MaxEvents+999) {
		t.Errorf("%d: %q", len(names), names[:12])
	}
	if s.Total.Lines != MaxEvents+1000 || s.Total.Denied != 10 || sum(s.Line.Denied) != 10 || sum(s.Line.Allowed) != MaxEvents+990 {
		t.Errorf("%+v", s.Total)
	}
}

func sum(all []int64) (n int64) {
	for _, v := range all {
		n += v
	}
	return n
}

// Whatever is in a log, the file stays below 25 MiB, and what is held in memory bounded.
func TestBounded(t *testing.T) {
	r := New(Options{})
	for i := range MaxEvents {
		s := fmt.Sprint(i) + strings.Repeat("\xff<", 2048)
		e := decided(s, audit.Deny, time.Duration(i)*time.Hour*24*7)
		e.Session, e.Executable, e.Args, e.Answers, e.Reason, e.Rule, e.ClientAddress, e.ResponseCode = s, s, []string{s}, []string{s}, s, s, s, s
		e.PID, e.ParentPID, e.ServerPort, e.Count, e.Duration = 1<<31-1, i, 65535, 1<<62, 1<<62
		if i%10 > 0 {
			e = decided(fmt.Sprint("a", i), audit.Allow, time.Duration(-i)*time.Hour*24*7)
			e.Count, e.Duration, e.ServerPort, e.PID = 1<<62, 1<<62, 65535, i
		}
		r.Add(e)
	}
	if r.texts.bytes > MaxText || len(r.kept) > MaxEvents || len(r.texts.texts) > 20*len(r.kept) || len(r.processes.all) > len(r.kept) {
		t.Errorf("%d bytes of %d texts, %d events, %d processes", r.texts.bytes, len(r.texts.texts), len(r.kept), len(r.processes.all))
	}
	bytes := 0
	for _, text := range r.texts.texts {
		bytes += len(text.quoted) + 1
	}
	if bytes != r.texts.bytes {
		t.Errorf("%d bytes, counted as %d", bytes, r.texts.bytes)
	}
	_, whole := page(t, r)
	if len(whole) >= 25<<20 {
		t.Errorf("%d bytes", len(whole))
	}
	for len(r.kept) > 0 {
		r.release(r.kept.pop())
	}
	if len(r.texts.texts) != 0 || r.texts.bytes != 0 || len(r.processes.all) != 0 {
		t.Errorf("%d texts and %d processes are left of nothing", len(r.texts.texts), len(r.processes.all))
	}
}

// Parents come before their children, and a circle of ids is cut.
func TestProcesses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(Options{})
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			e := decided("a.example", audit.Allow, 0)
			e.PID, e.ParentPID = rapid.IntRange(0, 9).Draw(t, "pid"), rapid.IntRange(0, 9).Draw(t, "parent")
			e.Executable, e.Session = rapid.SampledFrom([]string{"sh", "make"}).Draw(t, "executable"), rapid.SampledFrom([]string{"s", ""}).Draw(t, "session")
			r.Add(e)
		}
		var out bytes.Buffer
		if _, err := r.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		for i, p := range r.processes.sorted() {
			if p.index != i || p.up != nil && (p.up.index >= i || p.up.pid != p.parent || p.up.session != p.session) {
				t.Fatalf("%d is below %+v", i, p.up)
			}
		}
	})
}

// Who was started by whom shows where both asked.
func TestParents(t *testing.T) {
	r := New(Options{})
	for _, ids := range [][2]int{{3, 2}, {2, 1}, {4, 5}, {5, 4}, {9, 9}, {8, 77}} {
		e := decided("a.example", audit.Allow, 0)
		e.PID, e.ParentPID = ids[0], ids[1]
		r.Add(e)
	}
	s, _ := page(t, r)
	up := map[int]int{}
	for i, p := range s.Processes.Parent {
		if p >= 0 {
			up[s.Processes.PID[i]] = s.Processes.PID[p]
		}
	}
	if len(up) != 2 || up[3] != 2 || up[4]+up[5] != 4 && up[4]+up[5] != 5 {
		t.Errorf("%v", up)
	}
}

// The time line has all that was counted, each in the bar of its time.
func TestTimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline()
		spread := rapid.SampledFrom([]int64{1000, 1e6, 1e9, 6e13}).Draw(t, "spread")
		times := rapid.SliceOfN(rapid.Int64Range(-spread, spread), 1, 200).Draw(t, "times")
		for _, at := range times {
			l.add(at, allowed, 2)
		}
		want := map[int64]int64{}
		for _, at := range times {
			bar := at / l.width
			if at < 0 && at%l.width != 0 {
				bar--
			}
			want[bar] += 2
		}
		if l.high-l.low >= bars || len(l.counts) != len(want) {
			t.Fatalf("%d to %d, %d of %d bars", l.low, l.high, len(l.counts), len(want))
		}
		for bar, n := range want {
			if l.counts[bar] == nil || l.counts[bar][allowed] != n || bar < l.low || bar > l.high {
				t.Fatalf("bar %d of %d ms: %v, not %d", bar, l.width, l.counts[bar], n)
			}
		}
	})
}

// What cannot be written is said.
func TestWriteFails(t *testing.T) {
	r := New(Options{})
	r.Add(decided("a.example", audit.Deny, 0))
	if _, err := r.WriteTo(full{}); err == nil {
		t.Error("no error")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space") }
