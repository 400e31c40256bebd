package audit

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/auditschema"
)

var update = flag.Bool("update", false, "write the lines as they are now into testdata; read the difference")

// named are what the lines of these tests are told of their session.
var named = Options{Conversation: "67e55044-10b1-426f-9247-bb680e5fe0c8", Session: "s1"}

// firstLine gives e as the first line of a chain.
func firstLine(e *Event, count int) []byte {
	c := newChain()
	return c.seal(new(writer{opts: &named}).appendEvent(c.start(nil), e, count))[hashLen+1:]
}

// allowed is an event with every field set.
func allowed() Event {
	return Event{
		Name: PolicyDecision, Time: time.Date(2026, 1, 2, 4, 4, 5, 678_999_999, time.FixedZone("", 3600)),
		Scope: ScopeDomain, Decision: Allow, PolicySource: SourceBaselinePolicy, Reason: ReasonAllow, Rule: "**.example.test",
		Transport: TransportDNSUDP, ServerAddress: "WWW.Example.TEST.", ServerPort: 53,
		ClientAddress: netip.MustParseAddrPort("[::ffff:192.0.2.1]:40000"),
		QuestionType:  "A", ResponseCode: "NOERROR", AnswerSource: "cache", Answers: []string{"alias.example.test", "192.0.2.7"},
		ResolverAddress: netip.MustParseAddrPort("8.8.8.8:53"), Duration: 1234567 * time.Nanosecond, Syscall: "sendto",
		Process: Process{PID: 42, ParentPID: 41, Executable: "/usr/bin/curl", Args: []string{"curl", "", "https://www.example.test/"}},
	}
}

func TestLines(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0f", 32)
	at := time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)
	folded := allowed()
	folded.Process = Process{PID: 42}
	for _, tt := range []struct {
		name  string
		event Event
		count int
	}{
		{"allowed_every_field", allowed(), 1},
		{"folded_thrice", folded, 3},
		{"zero_but_time", Event{Name: PolicyDecision, Time: at}, 0},
		{"blocked_call", Event{
			Name: BlockDecision, Time: at, Scope: ScopeNonDomain, Decision: Deny, PolicySource: SourceBaselinePolicy,
			Reason: ReasonNotAllowed, Transport: TransportTCP, ServerAddress: "2001:db8::1", ServerPort: 443, Syscall: "connect",
			Process: Process{PID: 7, ParentPID: 1, Executable: "/tmp/x (deleted)"},
		}, 1},
		{"blocked_unix_path_keeps_case", Event{
			Name: BlockDecision, Time: at, Scope: ScopeNonDomain, Decision: Deny, PolicySource: SourceBaselinePolicy,
			Reason: ReasonNotAllowed, Transport: TransportUnix, ServerAddress: "/run/NSCD/socket.", Syscall: "connect",
		}, 1},
		{"forward", Event{
			Name: Forward, Time: at, Scope: ScopeNonDomain, Decision: Allow, PolicySource: SourceBaselinePolicy, Reason: ReasonAllow,
			Rule: "HTTPS_PROXY", Transport: TransportTCP, ServerAddress: "127.0.0.1", ServerPort: 3128,
			ClientAddress: netip.MustParseAddrPort("127.0.0.1:40000"), PeerAddress: "127.0.0.1", PeerPort: 3128, ClientBytes: 517, ServerBytes: 1 << 40,
			Duration: 3 * time.Second, Process: Process{PID: 42, ParentPID: 41, Executable: "/usr/bin/curl"},
		}, 1},
		{"forward_refused", Event{
			Name: Forward, Time: at, Scope: ScopeNonDomain, Decision: Allow, Transport: TransportTCP, ServerAddress: "::1", ServerPort: 5432,
			PeerAddress: "/run/postgresql/.s.PGSQL.5432", Error: "ECONNREFUSED",
		}, 1},
		{"link_local_resolver", Event{
			Name: PolicyDecision, Time: at, Scope: ScopeDomain, Decision: Deny, Reason: ReasonDenied, ServerAddress: ".",
			ClientAddress:   netip.MustParseAddrPort("[fe80::2%eth0]:0"),
			ResolverAddress: netip.MustParseAddrPort("[fe80::1%eth0]:53"),
		}, 1},
		{"hostile_bytes", Event{
			Name: PolicyDecision, Time: at, Scope: ScopeDomain, Decision: Deny, ServerAddress: "A\xff\n\u202e\"\\.example.",
			Process: Process{PID: 9, Executable: "/tmp/\x1b]0;x\x07", Args: []string{"\U000e0041", `\x41`, "…", "cut"}, ArgsCut: true},
		}, 1},
		{"observed", Event{
			Name: PolicyDecision, Time: at, Scope: ScopeDomain, Decision: Allow, PolicySource: SourceBaselinePolicy,
			Reason: ReasonDenied, Rule: "*.example.test", Observed: true, ServerAddress: "x.example.test",
		}, 1},
		{"reload_applied", Event{Name: PolicyReload, Time: at, PolicyFile: "/etc/policy.toml", PolicyResult: ReloadApplied, PolicyDigest: digest}, 1},
		{"reload_refused", Event{
			Name: PolicyReload, Time: at, PolicyFile: "policy\n.toml", PolicyResult: ReloadRefused,
			PolicyReason: `policy.toml:2:1: unknown key "x"`,
		}, 1},
		{"session_start", Event{Name: SessionStart, Time: at, start: &Start{
			Version: "1.2.3", PolicyDigest: digest, Observe: true, Command: []string{"make", "-j2", ""}, random: strings.Repeat("ab", 32),
		}}, 1},
		{"session_start_of_forward", Event{Name: SessionStart, Time: at, start: &Start{Version: "1.2.3", PolicyDigest: digest, Listen: "/run/dns.sock", random: strings.Repeat("ab", 32)}}, 1},
		{"session_end", Event{Name: SessionEnd, Time: at, end: &Ending{Exited: true, events: 3}}, 1},
		{"session_end_by_signal", Event{Name: SessionEnd, Time: at, end: &Ending{Signal: "SIGTERM", events: 2}}, 1},
		{"session_end_failed", Event{Name: SessionEnd, Time: at, end: &Ending{Exited: true, Code: 127, Error: "x: no such file or directory\n", events: 2}}, 1},
		{"too_many_answers", Event{Name: PolicyDecision, Time: at, Answers: slices.Repeat([]string{"192.0.2.1"}, MaxItems+1)}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := firstLine(&tt.event, tt.count)
			file := filepath.Join("testdata", tt.name+".json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Whatever a target and an upstream choose, and everybody else too, a line keeps its bound and its form.
func TestLineBound(t *testing.T) {
	for _, piece := range []string{"a", `\`, "\xff", "\x01", `"`, "\U000e0041", "…", "中"} {
		long := strings.Repeat(piece, 3*MaxLine)
		list := slices.Repeat([]string{long}, 1000)
		e := Event{
			Name: Name(long), Time: time.Now(), Scope: ScopeDomain, Decision: Decision(long),
			PolicySource: long, Reason: long, Rule: long, PolicyFile: long, PolicyResult: long, PolicyReason: long, PolicyDigest: long, Transport: long, ServerAddress: long, ServerPort: 65535,
			ClientAddress: netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(long), 65535),
			QuestionType:  long, ResponseCode: long, Answers: list,
			ResolverAddress: netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(long), 53),
			Duration:        1 << 62, Syscall: long,
			Process: Process{PID: 1 << 31, ParentPID: 1 << 31, Executable: long, Args: list},
		}
		shorter := e
		shorter.Answers, shorter.Process.Args = shortened(list, 70), shortened(list, 70)
		for _, e := range []Event{
			e, shorter,
			{Name: SessionStart, start: &Start{Version: long, PolicyDigest: long, Listen: long, Command: list, random: long}},
			{Name: SessionEnd, end: &Ending{Exited: true, Code: 1 << 31, Signal: long, Error: long, events: 1 << 63}},
		} {
			c := chain{sequence: 1 << 63}
			line := c.seal(new(writer{opts: &Options{Conversation: long, Session: long}}).appendEvent(c.start(nil), &e, 1<<62))
			decodeAny(t, line[hashLen+1:])
		}
	}
}

// shortened makes many strings of a hundred bytes and less.
func shortened(list []string, n int) []string {
	short := slices.Clone(list[:n])
	for i := range short {
		short[i] = short[i][:min(100, len(short[i]))]
	}
	return short
}

func TestListBounds(t *testing.T) {
	for _, tt := range []struct {
		name string
		list []string
		more bool
		want int
		cut  bool
	}{
		{"one empty", []string{""}, false, 1, false},
		{"all that fit", slices.Repeat([]string{"a"}, MaxItems), false, MaxItems, false},
		{"one too many", slices.Repeat([]string{"a"}, MaxItems+1), false, MaxItems, true},
		{"last item too long", []string{"a", strings.Repeat("b", MaxString+1)}, false, 2, true},
		{"bytes used up", slices.Repeat([]string{strings.Repeat("a", 1000)}, 9), false, 6, true},
		{"cut before", []string{"a", "b"}, true, 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Event{Process: Process{Args: tt.list, ArgsCut: tt.more}}
			args, _ := decode(t, firstLine(&e, 1))["process.command_args"].([]any)
			if len(args) != tt.want {
				t.Fatalf("%d arguments, want %d", len(args), tt.want)
			}
			total := 0
			for _, a := range args {
				total += len(a.(string))
			}
			if total > MaxArgs {
				t.Errorf("%d bytes of arguments", total)
			}
			if last := args[len(args)-1].(string); strings.HasSuffix(last, cut) != tt.cut {
				t.Errorf("last argument %q", last)
			}
		})
	}
}

// Any event is one line of JSON that gives back what went in.
func TestLineIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile()
		checkLine(t, s.Draw(t, "name"), s.Draw(t, "exe"), rapid.SliceOfN(s, 0, 70).Draw(t, "args"))
	})
}

func FuzzLine(f *testing.F) {
	f.Fuzz(func(t *testing.T, name, exe, args string) { checkLine(t, name, exe, strings.Split(args, "\x00")) })
}

func checkLine(t rapid.TB, name, exe string, args []string) {
	t.Helper()
	e := Event{Name: BlockDecision, Scope: ScopeNonDomain, ServerAddress: name, Process: Process{Executable: exe, Args: args}}
	got := decode(t, firstLine(&e, 1))
	checkField(t, got, "server.address", name)
	checkField(t, got, "process.executable.path", exe)
	list, _ := got["process.command_args"].([]any)
	if len(list) > len(args) || len(list) > MaxItems {
		t.Fatalf("%d arguments of %d", len(list), len(args))
	}
	for i, v := range list {
		back, more := unescape(t, v.(string))
		switch {
		case !more && back == args[i], more && strings.HasPrefix(args[i], back):
		default:
			t.Fatalf("argument %d: %q became %q", i, args[i], v)
		}
	}
	if len(list) < len(args) && !strings.HasSuffix(list[len(list)-1].(string), cut) {
		t.Fatalf("%d of %d arguments, and no mark", len(list), len(args))
	}
}

func checkField(t rapid.TB, got map[string]any, key, want string) {
	t.Helper()
	text, _ := got[key].(string)
	back, more := unescape(t, text)
	if !more && back != want || more && !strings.HasPrefix(want, back) {
		t.Fatalf("%s: %q became %q", key, want, text)
	}
}

// decode checks that b is one good line, as far as it goes, and gives its object.
func decode(t rapid.TB, b []byte) map[string]any {
	t.Helper()
	got := decodeAny(t, b)
	if slices.Contains(auditschema.Events(), fmt.Sprint(got["event.name"])) {
		if err := auditschema.Part(b); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
	}
	return got
}

// decodeAny is decode, but for what the schema says.
func decodeAny(t rapid.TB, b []byte) map[string]any {
	t.Helper()
	body, ok := bytes.CutSuffix(b, []byte("\n"))
	if !ok || len(b) > MaxLine {
		t.Fatalf("%d bytes, newline at the end: %v", len(b), ok)
	}
	checkPrintable(t, string(body))
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %q", err, body)
	}
	return got
}

func TestDomain(t *testing.T) {
	for in, want := range map[string]string{
		"": "", ".": ".", "A.Test.": "a.test", "a.test": "a.test", `a\.`: `a\.`, `a\\.`: `a\\`, "A\xffÜ.": "a\xffÜ", "a..": "a.",
	} {
		if got := domain(in); got != want {
			t.Errorf("domain(%q) = %q, want %q", in, got, want)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	e := allowed()
	buf := make([]byte, 0, MaxLine)
	b.ReportAllocs()
	w := writer{opts: &named}
	for b.Loop() {
		buf = w.appendEvent(buf[:0], &e, 1)
	}
}
