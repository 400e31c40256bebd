package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// verified is how much is verified at once, and within the second that 300 MB may take.
const verified = 300e6

// logged compares what an answer waits for its line with what it takes to write as many bytes, and verifying a log with hashing it.
func (b *bench) logged() ([]job, error) {
	bare, file, whole := filepath.Join(b.dir, "bare"), filepath.Join(b.dir, "lines.jsonl"), filepath.Join(b.dir, "audit.jsonl")
	return []job{
		{
			row:  row{Work: "a line of the audit log, chained", Peer: "`write` of as long a line", Goal: goal{Most: 3e3}},
			ours: func(context.Context) ([]float64, error) { return recorded(file, 10_000) },
			base: func(context.Context) ([]float64, error) { return written(bare) },
		},
		{
			row: row{Work: "`audit verify` of 300 MB", Peer: "`sha256sum`", Goal: goal{Most: 1e9}},
			ours: func(ctx context.Context) ([]float64, error) {
				if err := long(whole); err != nil {
					return nil, err
				}
				return timed(1, "sh", "-c", `"$1" audit verify "$2" >&2; [ $? = 3 ]`, "sh", b.binary, whole)(ctx) // the file ends in a line
			},
			base: timed(1, "sha256sum", whole),
		},
	}, nil
}

// long has a log of as many bytes as are verified, if it is not there yet.
func long(file string) error {
	for size := int64(0); size < verified; {
		if st, err := os.Stat(file); err == nil {
			size = st.Size()
		}
		if size >= verified {
			break
		}
		if _, err := recorded(file, 10_000); err != nil {
			return err
		}
	}
	return os.Truncate(file, verified)
}

// question is what a run of an ordinary program has in its log.
func question() audit.Event {
	return audit.Event{
		Name: audit.PolicyDecision, Scope: audit.ScopeDomain, Decision: audit.Allow, PolicySource: audit.SourceBaselinePolicy, Reason: audit.ReasonAllow,
		Rule: "**.example.com", Transport: audit.TransportDNSUDP, ServerAddress: "registry.example.com", ServerPort: 53, QuestionType: "AAAA",
		ResponseCode: "NOERROR", Answers: []string{"cdn.example.net", "2001:db8::1"}, AnswerSource: "cache", Duration: 31 * time.Microsecond, Syscall: "sendto",
		Process: audit.Process{PID: 4711, ParentPID: 4700, Executable: "/usr/bin/curl", Args: []string{"curl", "-fsS", "https://registry.example.com/v2/"}},
	}
}

// recorded writes a session of n questions.
func recorded(file string, n int) (ns []float64, err error) {
	l, err := audit.Open(file, audit.Options{Window: -1})
	if err != nil {
		return nil, err
	}
	if err := l.Start(audit.Start{Command: []string{"bench"}}); err != nil {
		return nil, err
	}
	e := question()
	for range n {
		start := time.Now()
		e.Time = start // the supervisor's own, which asks what a decision took
		if err := l.Record(e); err != nil {
			return nil, err
		}
		ns = append(ns, float64(time.Since(start).Nanoseconds()))
	}
	return ns, l.End(audit.Ending{Exited: true})
}

// written writes as many bytes as recorded does, and no more than that.
func written(file string) (ns []float64, err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	line := []byte(strings.Repeat("x", 830) + "\n")
	for range 10_000 {
		start := time.Now()
		if _, err := f.Write(line); err != nil {
			return nil, err
		}
		ns = append(ns, float64(time.Since(start).Nanoseconds()))
	}
	return ns, nil
}
