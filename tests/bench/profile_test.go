package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfile: what perf writes is read, and told for each piece of the work.
func TestProfile(t *testing.T) {
	p := profile{pieces: 2}
	if err := p.samples(`       perf-exec     250000  ffffffff816494af put_cpu_partial ([kernel.kallsyms])
  codex-dnsvisor     250000  ffffffff813ae293 finish_task_switch.isra.0 ([kernel.kallsyms])
  codex-dnsvisor     250000            a9228c internal/runtime.(*mcache).refill (/a/b/codex-dnsvisor)
 ThreadPool Work     250000      7f2067b12427 [unknown] (/usr/lib/libc.so.6)
`); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range []struct {
		text string
		read func(string) error
	}{
		{"# started on Fri\n\n15,,context-switches,518751143,100.00,,\n", p.counted},
		{" Summary of events:\n\n codex-dnsvisor (7), 6 events, 8.3%\n\n   syscall            calls  errors  total       min\n   --------------- --------  ------ -------- ---------\n   getsockopt             8      0    13.798     0.007\n\n" +
			" codex-dnsvisor (8), 6 events, 8.3%\n\n   getsockopt             2      0    13.798     0.007\n   futex                  1      4   749.778     0.009\n\n work (9), 2 events\n\n   poll                   2      0     1.000     0.009\n", p.traced},
	} {
		file := filepath.Join(dir, "perf")
		if err := os.WriteFile(file, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.read(file); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"Processor time of each: codex-dnsvisor 125.0 µs in user mode and 125.0 µs in the kernel; command 125.0 µs in user mode and 0 in the kernel; " +
			"most at `[unknown]` of command 33.3 %, `finish_task_switch.isra.0` of codex-dnsvisor 33.3 %, `runtime.(*mcache).refill` of codex-dnsvisor 33.3 %.",
		"System calls of each: codex-dnsvisor 5.5 (getsockopt 5.0, futex 0.5); command 1.0 (poll 1.0); 7.5 context switches.",
	}
	if got := strings.Join(p.lines(), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}
