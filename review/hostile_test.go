package review

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are strings that a target, or who wrote the file, may have put anywhere.
func hostile() []string {
	all := []string{
		"\x1b]0;title\x07\x1b[2J\x1b[31mred", "\u009b31m", "a\u202eb\u2066c\u200f", "a\nb\r\nc", "\u2028\u2029\u0085", "\xff\xfe\xc0\x80", `\x1b[0m`, `"; rm -rf /`, "…", "",
		"<script>alert(1)</script>", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", `"=1"`, "a,b;c", "a b", strings.Repeat(`\\x00`, 255), "\U000e0041", "z̸̡̢̧a",
	}
	for b := range 256 {
		all = append(all, "x"+string([]byte{byte(b)})+"y", string(rune(b)))
	}
	return all
}

// hostileLines has events with each hostile string in every place, as JSON has it.
func hostileLines(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"policy_decision", "block_decision", "forward", "policy_reload", "session_start", "session_end", "x"} {
		for _, s := range hostile() {
			quoted, err := json.Marshal(s)
			must(t, err)
			q := string(quoted)
			b.WriteString(`{"event.name":"codex.dns.` + name + `","event.timestamp":"2026-01-02T03:04:05.678Z"`)
			for key := range strings.FieldsSeq(`conversation.id session.id network.policy.source network.policy.reason network.policy.rule
				policy.file policy.result policy.reason network.transport.protocol server.address client.address dns.question.type dns.response_code
				dns.answer.source dns.resolver.address network.peer.address error.type syscall.name process.executable.path http.request.method
				service.version policy.digest network.local.address process.exit.signal error.message`) {
				b.WriteString(`,"` + key + `":` + q)
			}
			b.WriteString(`,"network.policy.decision":"deny","process.command_args":[` + q + `,` + q + `],"dns.answers":[` + q + `],"process.pid":7,"server.port":53}` + "\n")
		}
	}
	return b.String()
}

// shows is false for what a terminal may take for more than a mark where it stands.
func shows(r rune) bool {
	return r == ' ' || strconv.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// wantPrintable wants text of lines that show as they are.
func wantPrintable(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8", what)
	}
	for i, r := range text {
		if r != '\n' && !shows(r) {
			t.Fatalf("%s has %q: %q", what, r, text[max(0, i-60):min(len(text), i+20)])
		}
	}
}

// Nothing of an event is interpreted by a terminal, and an event is one line.
func TestHostileLines(t *testing.T) {
	r := Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(hostileLines(t))})
	readable := Readable{Judge: NewJudge()}
	n := 0
	var text []byte
	for e := range r.Events() {
		text = readable.Append(text, e)
		n++
	}
	if want := 7 * len(hostile()); n != want || r.Problems().Count() != 0 || strings.Count(string(text), "\n") != want {
		t.Errorf("%d events of %d, %v", n, want, r.Problems())
	}
	wantPrintable(t, "tail", string(text))
}
