package review

import (
	"strings"
	"testing"
)

// usual is a line as a run writes it.
const usual = `{"event.name":"codex.dns.policy_decision","event.timestamp":"2026-01-02T03:04:05.678Z","session.id":"JBSWY3DPEHPK3PXPJBSWY3DPEH","network.policy.scope":"domain","network.policy.decision":"allow","network.policy.source":"baseline_policy","network.policy.reason":"allow","network.policy.rule":"**.example.test","network.transport.protocol":"dns_udp","server.address":"www.example.test","server.port":53,"client.address":"192.0.2.1:40000","dns.question.type":"A","dns.response_code":"NOERROR","dns.answers":["192.0.2.7"],"dns.resolver.address":"127.0.0.53","duration_us":1234,"syscall.name":"sendto","process.pid":42,"process.parent_pid":41,"process.executable.path":"/usr/bin/curl","process.command_args":["curl","-sSf","https://www.example.test/"],"chain.sequence":12345,"chain.hash":"e3b1d3efee10a1ef71ec5c0d24d6cb00e8aa1af0dd3eaa67cb984066173be4f6"}`

// BenchmarkDecode reads a usual line.
func BenchmarkDecode(b *testing.B) {
	line := usual
	b.SetBytes(int64(len(line)))
	var d decoder
	for b.Loop() {
		d.slab = d.slab[:0]
		if err := d.decode(line, func(*Event) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead reads many, on as many cores as there are.
func BenchmarkRead(b *testing.B) {
	text := strings.Repeat(asked("www.example.test"), 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r := Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(text)})
		for range r.Events() {
		}
	}
}

// BenchmarkSummary reads and counts many.
func BenchmarkSummary(b *testing.B) {
	text := strings.Repeat(usual+"\n", 50_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r := Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(text)})
		s := NewSummary()
		for e := range r.Events() {
			s.Add(e)
		}
	}
}

// BenchmarkAdd counts one.
func BenchmarkAdd(b *testing.B) {
	var d decoder
	s := NewSummary()
	_ = d.decode(usual, func(e *Event) {
		for b.Loop() {
			s.Add(e)
		}
	})
}
