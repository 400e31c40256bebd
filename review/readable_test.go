package review

import (
	"strings"
	"testing"
)

// A line says when, what, about what, why and by whom.
func TestReadable(t *testing.T) {
	at, answers := `"event.timestamp":"2026-01-02T03:04:05.678Z",`, strings.Repeat(`"192.0.2.1",`, 11)+`"192.0.2.2"`
	for line, want := range map[string]string{
		`"event.name":"codex.dns.policy_decision",` + at + `"network.policy.decision":"allow","network.policy.reason":"allow","network.policy.rule":"*.test","server.address":"a.test","dns.question.type":"A","dns.response_code":"NOERROR","dns.answers":["b.test","192.0.2.1"],"process.pid":7,"process.executable.path":"/usr/bin/curl"`: "2026-01-02 03:04:05.678 allow   a.test A -> b.test 192.0.2.1 (by *.test) by curl[7]",
		`"event.name":"codex.dns.policy_decision",` + at + `"network.policy.decision":"deny","network.policy.reason":"denied","network.policy.rule":"**.test","server.address":"a (by x) b.test","dns.response_code":"NXDOMAIN","count":3,"process.pid":7`:                                                                                   `2026-01-02 03:04:05.678 deny    "a (by x) b.test" -> NXDOMAIN (denied by **.test) 3 times in all by [7]`,
		`"event.name":"codex.dns.policy_decision","network.policy.decision":"allow","network.policy.reason":"not_allowed","observed":true,"server.address":"a.test","dns.answers":[` + answers + `]`:                                                                                                                                         `----------------------- observe a.test -> 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 and 4 more (not_allowed)`,
		`"event.name":"codex.dns.policy_decision",` + at + `"network.policy.decision":"deny","network.policy.reason":"budget","server.address":"a.test"`:                                                                                                                                                                                     "2026-01-02 03:04:05.678 deny    a.test (budget) [looks like data: over the budget]",
		`"event.name":"codex.dns.block_decision",` + at + `"network.policy.decision":"deny","network.policy.reason":"not_allowed","network.transport.protocol":"tcp","server.address":"2001:db8::1","server.port":443,"process.executable.path":"a b"`:                                                                                       `2026-01-02 03:04:05.678 deny    tcp [2001:db8::1]:443 (not_allowed) by "a b"`,
		`"event.name":"codex.dns.forward",` + at + `"network.policy.decision":"allow","network.transport.protocol":"tcp","server.address":"127.0.0.1","server.port":80,"network.peer.address":"/run/x","client.bytes":5,"error.type":"EPIPE"`:                                                                                                "2026-01-02 03:04:05.678 allow   tcp 127.0.0.1:80 carried to /run/x 5 bytes out, 0 in EPIPE",
		`"event.name":"codex.dns.policy_reload",` + at + `"policy.file":"p.toml","policy.result":"refused","policy.reason":"line 2"`:                                                                                                                                                                                                         "2026-01-02 03:04:05.678 reload  p.toml refused line 2",
		`"event.name":"codex.dns.session_start",` + at + `"session.id":"S","observed":true,"process.command_args":["sh","-c","a b",""]`:                                                                                                                                                                                                      "2026-01-02 03:04:05.678 start   session S observing: nothing is denied runs sh -c 'a b' ''",
		`"event.name":"codex.dns.session_end",` + at + `"process.exit.code":0,"session.events":4`:                                                                                                                                                                                                                                            "2026-01-02 03:04:05.678 end     exit status 0 after 4 lines",
		`"event.name":"codex.dns.later",` + at + `"count":1`: "2026-01-02 03:04:05.678 -       codex.dns.later",
	} {
		events, err := decodeAll("{"+line+"}", (*decoder).decode)
		must(t, err)
		r := Readable{Judge: NewJudge()}
		if got := string(r.Append(nil, events[0])); got != want+"\n" {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	e := wantEvery()
	coloured := Readable{Colour: true}
	if got := string(coloured.Append(nil, e)); !strings.Contains(got, " \x1b[33mobserve\x1b[0m ") {
		t.Errorf("%q", got)
	}
}
