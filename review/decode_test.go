package review

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// decodeAll gives copies of a line's events.
func decodeAll(line string, decode func(*decoder, string, func(*Event)) error) ([]*Event, error) {
	var all []*Event
	d := decoder{event: new(Event)}
	err := decode(&d, line, func(e *Event) { all = append(all, e.Clone()) })
	return all, err
}

// write gives the lines that audit.Log writes.
func write(t *testing.T, opts audit.Options, events ...audit.Event) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log")
	l, err := audit.Open(file, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := l.Record(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var at = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// every has every field set.
var every = audit.Event{
	Name: audit.PolicyDecision, Time: at,
	Scope: audit.ScopeDomain, Decision: audit.Allow, PolicySource: audit.SourceBaselinePolicy, Reason: audit.ReasonDenied, Rule: "**.example.test", Observed: true,
	PolicyFile: "/etc/policy.toml", PolicyResult: audit.ReloadRefused, PolicyReason: "line 3",
	Transport: audit.TransportDNSUDP, ServerAddress: "www.example.test", ServerPort: 53, ClientAddress: netip.MustParseAddrPort("192.0.2.1:40000"),
	QuestionType: "A", ResponseCode: "NOERROR", AnswerSource: "cache", Answers: []string{"alias.example.test", "192.0.2.7"}, ResolverAddress: netip.MustParseAddrPort("8.8.8.8:53"),
	PeerAddress: "127.0.0.1", PeerPort: 3128, ClientBytes: 517, ServerBytes: 1 << 40, Error: "ECONNREFUSED",
	Duration: 1234 * time.Microsecond, Syscall: "sendto",
	Process: audit.Process{PID: 42, ParentPID: 41, Executable: "/usr/bin/curl", Args: []string{"curl", "", `"a\b"`, "ü"}},
}

func wantEvery() *Event {
	return &Event{
		Name: audit.PolicyDecision, Time: at, Conversation: "c1", Session: "s1",
		Scope: audit.ScopeDomain, Decision: audit.Allow, PolicySource: audit.SourceBaselinePolicy, Reason: audit.ReasonDenied, Rule: "**.example.test", Observed: true,
		PolicyFile: "/etc/policy.toml", PolicyResult: audit.ReloadRefused, PolicyReason: "line 3",
		Transport: audit.TransportDNSUDP, ServerAddress: "www.example.test", ServerPort: 53, ClientAddress: "192.0.2.1:40000",
		QuestionType: "A", ResponseCode: "NOERROR", AnswerSource: "cache", Answers: []string{"alias.example.test", "192.0.2.7"}, ResolverAddress: "8.8.8.8",
		PeerAddress: "127.0.0.1", PeerPort: 3128, ClientBytes: 517, ServerBytes: 1 << 40, Error: "ECONNREFUSED",
		Duration: 1234 * time.Microsecond, Syscall: "sendto",
		PID: 42, ParentPID: 41, Executable: "/usr/bin/curl", Args: []string{"curl", "", `"a\\b"`, "ü"},
	}
}

// What the log writes is read by the fast way, and by encoding/json alike.
func TestEveryKey(t *testing.T) {
	folds := every
	folds.Key = audit.RetryKey{PID: 1}
	lines := strings.Split(strings.TrimSpace(write(t, audit.Options{Conversation: "c1"}, folds, folds, folds)), "\n")
	d := decoder{event: new(Event)}
	found := 0
	for _, line := range lines {
		if !strings.Contains(line, `"server.address"`) {
			continue // of the session, not of a decision
		}
		found++
		if !d.flat(line) {
			t.Errorf("left to encoding/json: %s", line)
		}
		want := wantEvery()
		want.Session, want.Sequence = d.event.Session, d.event.Sequence
		if found == 2 {
			want.Count = 3
		}
		slow, err := decodeAll(line, (*decoder).slow)
		if diff := cmp.Diff(want, d.event.Clone()); diff != "" {
			t.Errorf("fast: %s", diff)
		}
		if diff := cmp.Diff([]*Event{want}, slow); diff != "" || err != nil {
			t.Errorf("slow: %v %s", err, diff)
		}
	}
	if found != 2 {
		t.Errorf("%d lines of decisions", found)
	}
}

// The lines that a session begins and ends with.
func TestSession(t *testing.T) {
	zero := 0
	for line, want := range map[string]*Event{
		`{"event.name":"codex.dns.session_start","session.id":"s","chain.start":"ab","service.version":"1.2.3","observed":true,"policy.digest":"sha256:00","network.local.address":"/s","process.command_args":["make",""],"chain.sequence":1,"chain.hash":"9a"}`: {
			Name: "codex.dns.session_start", Session: "s", Version: "1.2.3", Observed: true, PolicyDigest: "sha256:00", Listen: "/s", Args: []string{"make", ""}, Sequence: 1,
		},
		`{"event.name":"codex.dns.session_end","process.exit.code":0,"process.exit.signal":"SIGTERM","error.message":"x\u000a","session.events":3,"chain.sequence":3,"chain.hash":"b3"}`: {
			Name: "codex.dns.session_end", ExitCode: &zero, ExitSignal: "SIGTERM", Message: "x\n", Lines: 3, Sequence: 3,
		},
	} {
		for _, decode := range []func(*decoder, string, func(*Event)) error{(*decoder).decode, (*decoder).slow} {
			got, err := decodeAll(line, decode)
			if diff := cmp.Diff([]*Event{want}, got); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		}
	}
}

// Codex's events, in the forms that its export and its log have.
func TestCodex(t *testing.T) {
	want := func() *Event {
		return &Event{
			Name: CodexDecision, Time: at, Conversation: "67e5", Scope: audit.ScopeDomain, Decision: audit.Deny, PolicySource: "baseline_policy", Reason: "not_allowed",
			Transport: "https_connect", ServerAddress: "example.com", ServerPort: 443,
		}
	}
	overridden := want()
	overridden.Decision, overridden.PolicySource, overridden.Override, overridden.Method, overridden.ClientAddress = audit.Allow, "decider", true, "GET", "127.0.0.1:5"
	lines := readLines(t, "testdata/codex.jsonl")
	for i, events := range [][]*Event{{want()}, {want()}, {want(), overridden}, {overridden}} {
		got, err := decodeAll(lines[i], (*decoder).decode)
		if diff := cmp.Diff(events, got); diff != "" || err != nil {
			t.Errorf("line %d: %v %s", i+1, err, diff)
		}
	}
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// What is no event is told apart: lines of others, and damaged ones.
func TestNoEvents(t *testing.T) {
	for line, want := range map[string]error{
		`{"level":"info","msg":"hello"}`:                                        errForeign,
		`{"event.name":"codex.user_prompt"}`:                                    errForeign,
		`{"event.name":"codex.dns."}`:                                           errForeign,
		`{"fields":{"message":"x"},"timestamp":"2026-01-02T03:04:05Z"}`:         errForeign,
		`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[]}]}]}]}`: errForeign,
		`{"resourceLogs":7}`:                                                    errForeign,
		`[1]`:                                                                   errForeign,
		`null`:                                                                  errForeign,
		`7`:                                                                     errForeign,
		`hello`:                                                                 errNotJSON,
		`{"event.name":"codex.dns.policy_decision","server.address":"a.te`:            errNotJSON,
		"{\"event.name\":\"codex.dns.policy_decision\",\"server.address\":\"a\x01\"}": errNotJSON,
		`{"event.name":"codex.dns.policy_decision"} {}`:                               errNotJSON,
	} {
		events, err := decodeAll(line, (*decoder).decode)
		if !errors.Is(err, want) || events != nil {
			t.Errorf("%s: %v, %v", line, events, err)
		}
	}
	for _, rest := range []string{
		`"server.port":"x"`, `"server.port":1.5`, `"observed":"perhaps"`, `"event.timestamp":"yesterday"`, `"event.timestamp":"2026-02-30T00:00:00.000Z"`,
		`"event.timestamp":"2026-01-01T24:00:00.000Z"`, `"count":-1`, `"count":9999999999`, `"duration_us":-1`, `"dns.answers":["a",1]`, `"dns.answers":"a"`, `"server.address":["a"]`,
	} {
		if events, err := decodeAll(`{"event.name":"codex.dns.policy_decision",`+rest+`}`, (*decoder).decode); err == nil || errors.Is(err, errForeign) || errors.Is(err, errNotJSON) {
			t.Errorf("%s: %v, %v", rest, events, err)
		}
	}
}

// Keys of a later version are passed over, whatever they hold.
func TestUnknownKeys(t *testing.T) {
	for _, rest := range []string{`"x":1`, `"x":1.5e3`, `"x":{"y":[{}]}`, `"x":null`, `"x":["a"]`, `"x":[1]`, `"x":true`, ` "x" : "y" `, `"x":"\ud83d\ude00\u0000"`} {
		line := `{"event.name":"codex.dns.new",` + rest + `,"count":2}`
		got, err := decodeAll(line, (*decoder).decode)
		if diff := cmp.Diff([]*Event{{Name: "codex.dns.new", Count: 2}}, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", line, err, diff)
		}
	}
}

// FuzzEvent wants what the fast way takes to be read as encoding/json reads it, and nothing to panic.
func FuzzEvent(f *testing.F) {
	files, err := filepath.Glob("../audit/testdata/*.json")
	if err != nil || files == nil {
		f.Fatal(files, err)
	}
	for _, file := range append(files, "testdata/codex.jsonl") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		d := decoder{event: new(Event)}
		if !d.flat(line) {
			_, _ = decodeAll(line, (*decoder).slow)
			return
		}
		var fast []*Event
		if e := d.event.Clone(); e.finish() {
			fast = append(fast, e)
		}
		slow, err := decodeAll(line, (*decoder).slow)
		if diff := cmp.Diff(slow, fast); diff != "" || err != nil && (fast != nil || !errors.Is(err, errForeign)) {
			t.Errorf("%q: %v %s", line, err, diff)
		}
	})
}
