package review

import (
	"strconv"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// value is one key of an event: a string, a number, true, or strings.
type value struct {
	key  string
	kind byte // s, n, b, l
	text string
	n    int64
	list []string
}

// values are the keys of an event that have a value, in the order of the log's lines, but for its time.
func (e *Event) values(dst []value) []value {
	text := func(key, s string) {
		if s != "" {
			dst = append(dst, value{key: key, kind: 's', text: s})
		}
	}
	number := func(key string, n int64) {
		if n != 0 {
			dst = append(dst, value{key: key, kind: 'n', n: n})
		}
	}
	list := func(key string, list []string) {
		if len(list) > 0 {
			dst = append(dst, value{key: key, kind: 'l', list: list})
		}
	}
	yes := func(key string, yes bool) {
		if yes {
			dst = append(dst, value{key: key, kind: 'b'})
		}
	}
	text("event.name", string(e.Name))
	text("conversation.id", e.Conversation)
	text("session.id", e.Session)
	text("service.version", e.Version)
	text("network.policy.scope", string(e.Scope))
	text("network.policy.decision", string(e.Decision))
	text("network.policy.source", e.PolicySource)
	text("network.policy.reason", e.Reason)
	text("network.policy.rule", e.Rule)
	yes("network.policy.override", e.Override)
	yes("observed", e.Observed)
	text("policy.file", e.PolicyFile)
	text("policy.result", e.PolicyResult)
	text("policy.reason", e.PolicyReason)
	text("policy.digest", e.PolicyDigest)
	text("network.local.address", e.Listen)
	text("network.transport.protocol", e.Transport)
	text("server.address", e.ServerAddress)
	number("server.port", int64(e.ServerPort))
	text("client.address", e.ClientAddress)
	text("http.request.method", e.Method)
	text("dns.question.type", e.QuestionType)
	text("dns.response_code", e.ResponseCode)
	text("dns.answer.source", e.AnswerSource)
	list("dns.answers", e.Answers)
	text("dns.resolver.address", e.ResolverAddress)
	text("network.peer.address", e.PeerAddress)
	number("network.peer.port", int64(e.PeerPort))
	number("client.bytes", e.ClientBytes)
	number("server.bytes", e.ServerBytes)
	text("error.type", e.Error)
	number("duration_us", int64(e.Duration/time.Microsecond))
	text("syscall.name", e.Syscall)
	number("process.pid", int64(e.PID))
	number("process.parent_pid", int64(e.ParentPID))
	text("process.executable.path", e.Executable)
	list("process.command_args", e.Args)
	if e.ExitCode != nil {
		dst = append(dst, value{key: "process.exit.code", kind: 'n', n: int64(*e.ExitCode)})
	}
	text("process.exit.signal", e.ExitSignal)
	text("error.message", e.Message)
	number("session.events", e.Lines)
	number("count", int64(e.Count))
	number("chain.sequence", e.Sequence)
	return dst
}

// String is the value for people, printable.
func (v *value) String() string {
	switch v.kind {
	case 'n':
		return strconv.FormatInt(v.n, 10)
	case 'b':
		return "true"
	case 'l':
		return words(v.list)
	}
	return audit.Show(v.text)
}
