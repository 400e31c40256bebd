package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// log is a file of events.
type log struct {
	file   string
	events int
}

// write has the audit log itself write the events, so that its chain is sound. Its first and last line are among them.
func (l *log) write(event func(*rand.Rand, int) audit.Event) error {
	out, err := audit.Open(l.file, audit.Options{Window: -1})
	if err != nil {
		return err
	}
	if err := out.Start(audit.Start{Version: "bench", Command: []string{"make", "-j8"}}); err != nil {
		return err
	}
	source := rand.New(rand.NewPCG(1, 2))
	for i := range l.events - 2 {
		if err := out.Record(event(source, i)); err != nil {
			return err
		}
	}
	return out.End(audit.Ending{Exited: true})
}

// head copies the first events to another log.
func (l *log) head(to log) error {
	source, err := os.Open(l.file)
	if err != nil {
		return err
	}
	defer source.Close()
	out, err := os.Create(to.file)
	if err != nil {
		return err
	}
	lines := bufio.NewReader(source)
	w := bufio.NewWriter(out)
	for range to.events {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Close()
}

var (
	programs = []string{"/usr/bin/curl", "/usr/bin/git", "/usr/bin/node", "/usr/bin/python3.11", "/usr/local/go/bin/go", "/usr/bin/make"}
	types    = []string{"A", "AAAA", "A", "AAAA", "HTTPS"}
	begun    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	resolver = netip.MustParseAddrPort("127.0.0.53:53")
)

// asked is a question of one of some processes; a hundredth of a second after the one before.
func asked(source *rand.Rand, i int, name string) audit.Event {
	who := source.IntN(200)
	program := programs[who%len(programs)]
	return audit.Event{
		Name: audit.PolicyDecision, Time: begun.Add(time.Duration(i) * 10 * time.Millisecond), Scope: audit.ScopeDomain, PolicySource: audit.SourceBaselinePolicy,
		Transport: audit.TransportDNSUDP, ServerAddress: name, ServerPort: 53, ClientAddress: netip.AddrPortFrom(resolver.Addr(), uint16(32768+source.IntN(28000))),
		QuestionType: types[source.IntN(len(types))], ResolverAddress: resolver, Duration: time.Duration(50+source.ExpFloat64()*3000) * time.Microsecond, Syscall: "sendto",
		Process: audit.Process{PID: 1000 + who, ParentPID: 1000 + who/6, Executable: program, Args: []string{filepath.Base(program), "--option", "https://" + name + "/"}},
	}
}

// mixed is an event of a run that asks for 2,000 names, some of them much more often than others, of which a tenth are denied.
func mixed(source *rand.Rand, i int) audit.Event {
	n := int(2000 * source.Float64() * source.Float64())
	e := asked(source, i, fmt.Sprintf("host%d.domain%d.example.com", n, n%300))
	if n%10 == 7 {
		e.Decision, e.Reason, e.ResponseCode = audit.Deny, audit.ReasonNotAllowed, "NXDOMAIN"
		return e
	}
	e.Decision, e.Reason, e.Rule, e.ResponseCode, e.AnswerSource = audit.Allow, audit.ReasonAllow, fmt.Sprintf("**.domain%d.example.com", n%300), "NOERROR", "cache"
	if source.IntN(3) == 0 {
		e.AnswerSource = "upstream"
	}
	e.Answers = []string{fmt.Sprintf("192.0.2.%d", n%256)}
	return e
}

// distinct is an event of a run that carries data out in names: each is another.
func distinct(source *rand.Rand, i int) audit.Event {
	e := asked(source, i, fmt.Sprintf("%016x%016x.evil%d.example", source.Uint64(), source.Uint64(), source.IntN(1000)))
	e.Decision, e.Reason, e.ResponseCode = audit.Deny, audit.ReasonNotAllowed, "NXDOMAIN"
	return e
}

// lnavFormat tells lnav what a line has.
func lnavFormat(dir string) (string, error) {
	const format = `{"$schema":"https://lnav.org/schemas/format-v1.schema.json","dnsvisor":{"title":"codex-dnsvisor","file-type":"json","json":true,
"file-pattern":"part\\.jsonl","timestamp-field":"event.timestamp","line-format":[{"field":"event.timestamp"}," ",{"field":"event.name"}],
"value":{"event.name":{"kind":"string"},"server.address":{"kind":"string"},"network.policy.decision":{"kind":"string"}}}}`
	path := filepath.Join(dir, "lnav", "formats", "installed", "dnsvisor.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return filepath.Join(dir, "lnav"), os.WriteFile(path, []byte(format), 0o644)
}
