//go:build clients

package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/review"
	"github.com/codex-dnsvisor/codex-dnsvisor/review/report"
)

// many is what a page holds at most.
const many = report.MaxEvents

// began is when the first of the tests' events happened.
var began = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

// hostile are texts that want to be more than text, each as a log holds it: escaped by package audit, or raw, as somebody else may write it.
func hostile() []string {
	all := []string{
		`</script><script>window.ran=1</script>`, `<img src=x onerror="window.ran=2">`, `<svg/onload=window.ran=3>`, `"><iframe src=http://192.0.2.1/></iframe>`,
		`<!--<script>`, `]]><!--`, `</textarea></style></title><link rel=stylesheet href=http://192.0.2.1/x>`, `javascript:window.ran=4`, "${window.ran=5}", "{{constructor.constructor('window.ran=6')()}}",
		`"};window.ran=7;({"`, `\"};window.ran=8;//`, `&lt;script&gt;window.ran=9&lt;/script&gt;`, "__proto__", "constructor", "=cmd|' /C calc'!A0",
		"line\nbreak", "u2028\u2028and\u2029", "right\u202eot\u202cleft", "zero\u200bwidth\ufeff", "\x1b]0;title\x07\x1b[31m", "tag\U000e0041", "nul\x00", "bad\xff\xfe", "surrogate\xed\xa0\x80",
		strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 61), strings.Repeat("\xff", 255),
		"السلام.example", "пример.example", "…", "", " ", "'", `"`, "`", `\`,
	}
	for b := range 256 {
		all = append(all, "byte"+string([]byte{byte(b)})+".example")
	}
	return all
}

// programs and names are what ordinary events are about.
var (
	programs = []string{"/usr/bin/npm", "/usr/bin/node", "/usr/bin/git", "/usr/bin/curl", "/usr/lib/jvm/bin/java", "/usr/bin/python3"}
	domains  = []string{"registry.npmjs.org", "github.com", "api.github.com", "pypi.org", "files.pythonhosted.org", "example.corp", "telemetry.example.net", "internal-data.example.corp"}
)

// ordinaryEvent is one of a run that builds something for two hours.
func ordinaryEvent(r *rand.Rand, i, of int) *review.Event {
	pid := 1000 + r.IntN(300)
	part := float64(i) / float64(of) // of the run, which has busier times
	part += math.Sin(part*38)/50 + math.Sin(part*90)/200
	e := &review.Event{
		Name: audit.PolicyDecision, Time: began.Add(time.Duration(part * float64(2*time.Hour))), Session: "s1", Scope: audit.ScopeDomain,
		Decision: audit.Allow, PolicySource: audit.SourceBaselinePolicy, Reason: audit.ReasonAllow, Transport: audit.TransportDNSUDP, ServerPort: 53,
		ServerAddress: domains[r.IntN(6)], QuestionType: []string{"A", "AAAA"}[r.IntN(2)], ResponseCode: "NOERROR", ResolverAddress: "10.0.0.53", ClientAddress: "192.0.2.1:40000",
		Answers: []string{fmt.Sprintf("192.0.2.%d", r.IntN(255))}, Duration: time.Duration(r.IntN(20000)) * time.Microsecond, Syscall: "sendto",
		PID: pid, ParentPID: 1000 + (pid-1000)/6, Executable: programs[pid%len(programs)], Args: []string{filepath.Base(programs[pid%len(programs)]), "--job", fmt.Sprint(pid)},
	}
	e.Rule = e.ServerAddress
	switch r.IntN(12) {
	case 0:
		e.Decision, e.Reason, e.Rule, e.ResponseCode, e.Answers = audit.Deny, audit.ReasonNotAllowed, "", "NXDOMAIN", nil
		e.ServerAddress = []string{"telemetry.example.net", "updates.example.net", fmt.Sprintf("node%d.cdn.example.net", r.IntN(4000))}[r.IntN(3)]
	case 1:
		e.Observed, e.Reason, e.Rule, e.ServerAddress = true, audit.ReasonNotAllowed, "", fmt.Sprintf("mirror%d.example.org", r.IntN(40))
	}
	return e
}

// maker makes one of so many events.
type maker func(r *rand.Rand, i, of int) *review.Event

// distinctEvent is one that shares nothing with others, as of a program that scans.
func distinctEvent(r *rand.Rand, i, of int) *review.Event {
	e := ordinaryEvent(r, i, of)
	e.ServerAddress, e.PID, e.ParentPID = fmt.Sprintf("%x.%d.example.net", r.Uint64(), i), 1000+i, 1000+i/7
	e.Args, e.Answers = []string{"scan", e.ServerAddress}, []string{fmt.Sprintf("2001:db8::%x", i)}
	return e
}

// hostileEvent has a hostile text in each place.
func hostileEvent(s string, i int) *review.Event {
	return &review.Event{
		Name: audit.Name(s), Time: began.Add(time.Duration(i) * time.Second), Session: s, Decision: audit.Deny, PolicySource: s, Reason: s, Rule: s, Transport: s,
		ServerAddress: s, ClientAddress: s, QuestionType: s, ResponseCode: s, Answers: []string{s, s}, ResolverAddress: s, PeerAddress: s, Syscall: s,
		PID: 50000 + i, ParentPID: 1000, Executable: s, Args: []string{s, s},
	}
}

// logged adds what becomes of hostile texts that go through a log.
func logged(tb testing.TB, dir string, all []string, to *report.Report) {
	tb.Helper()
	file := filepath.Join(dir, "log.jsonl")
	kept, err := audit.Open(file, audit.Options{Window: -1})
	must(tb, err)
	for i, s := range all {
		must(tb, kept.Record(audit.Event{
			Name: audit.PolicyDecision, Time: began.Add(time.Duration(i) * time.Second), Scope: audit.ScopeDomain, Decision: audit.Deny, Reason: s, Rule: s,
			ServerAddress: "logged." + s, QuestionType: s, ResponseCode: s, Answers: []string{s}, Syscall: s, Process: audit.Process{PID: 70000 + i, Executable: s, Args: []string{s, s}},
		}))
	}
	must(tb, kept.Close())
	sources, err := review.Sources([]string{file}, false)
	must(tb, err)
	reader, read := review.Open(sources, review.Options{}), 0
	for e := range reader.Events() {
		to.Add(e)
		read++
	}
	if reader.Err() != nil || read != len(all) || reader.Problems().Count() > 0 {
		tb.Fatalf("%d of %d events, %v", read, len(all), reader.Err())
	}
}

// write makes a page of n events, hostile ones among them where it is to.
func write(tb testing.TB, dir string, n int, withHostile bool) string {
	tb.Helper()
	return writeWith(tb, dir, n, withHostile, ordinaryEvent)
}

func writeWith(tb testing.TB, dir string, n int, withHostile bool, event maker) string {
	tb.Helper()
	r := report.New(report.Options{By: "codex-dnsvisor test", Now: began.Add(24 * time.Hour)})
	if withHostile {
		all := hostile()
		for i, s := range all {
			r.Add(hostileEvent(s, i))
		}
		logged(tb, dir, all, r)
		n -= 2 * len(all)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		r.Add(event(random, i, n))
	}
	file := filepath.Join(dir, "report.html")
	f, err := os.Create(file)
	must(tb, err)
	_, err = r.WriteTo(f)
	must(tb, err)
	must(tb, f.Close())
	return file
}
