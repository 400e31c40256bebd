package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// tried is the part of the page that nothing measures anew.
//
//go:embed tried.md
var tried string

const maxBinary = 25 << 20 // bytes

// writePage writes the whole page, and a plot of each curve beside it.
func writePage(o *options, rows []row, profiles map[string]profile, curves []*curve) error {
	info, err := os.Stat(o.bench.binary)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Performance\n\nWritten by `make bench-full` on %s, as %s.\n\n", time.Now().Format(time.DateOnly), user())
	for _, line := range []string{
		"Machine: " + processor() + ", " + memorySize(),
		"Kernel: " + first("uname", "-sr") + "; " + runtime.Version(),
		"codex-dnsvisor: " + first(o.bench.binary, "version") + fmt.Sprintf(", %.1f MiB (at most %d)", float64(info.Size())/(1<<20), maxBinary>>20),
		"Peers: " + strings.Join([]string{first("dnsmasq", "--version"), "unbound " + first("unbound", "-V"), first("bwrap", "--version"), first("sh", "-c", "dnsperf -s 127.0.0.1 -d /dev/null 2>/dev/null | sed -n 's/^Version/dnsperf/p'"), "Node " + first("node", "--version"), first("sh", "-c", "chromium --version 2>/dev/null")}, "; "),
	} {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	fmt.Fprintf(&b, "\nMedians of at most %d rounds in which both sides take turns, as many as eight seconds have room for, 3 of whole builds and of memory: which of two processors its programs are on makes a look-up half as long again, and a round keeps to what it began with; where a round has one value, p99 is the worst round's. A ratio is ours to the peer's; of what the goal has as throughput, the peer's time to ours, so that more is better. The floor is the peer's client once more, beside the peer, with each call that we have to see handed to a supervisor in C that looks at nothing and lets it run.\n\n", o.rounds)
	if err := table(&b, rows); err != nil {
		return err
	}
	b.WriteString("\n## What limits each row\n\nRows that miss their goal, or have none, and the last points of curves that do were run once more under `perf record -e cpu-clock`, `perf stat` and `perf trace -s`, with all processes that codex-dnsvisor starts, and what was seen is divided by how often the thing was done; `command` is whatever runs inside. The timer of cpu-clock waits where interrupts are off: what runs then is charged to who turns them on, as `finish_task_switch` and `_raw_spin_unlock_irqrestore` do. Under `perf trace` things take several times as long, so that what a timer does (`futex`, `epoll_pwait`, `nanosleep` of Go's scheduler) is counted as often too much.\n")
	reasons(&b, rows, profiles)
	b.WriteString("\nA cached answer's allocations are counted by `TestCachedAnswerAllocates`, exactly.\n" + tried + "\n## How it grows\n")
	for _, c := range curves {
		fmt.Fprintf(&b, "\n### %s\n", c.title)
		if len(c.points) == 0 {
			c.print(&b)
			continue
		}
		fmt.Fprintf(&b, "\n![%s](%s)\n", c.title, c.file)
		c.print(&b)
		b.WriteString("\n")
		if text := why[c.title]; c.missed() && text != "" {
			fmt.Fprintf(&b, "What limits it: %s\n\n", text)
		}
		evidence(&b, c.title, profiles)
		if err := os.WriteFile(filepath.Join(filepath.Dir(o.page), c.file), []byte(c.plot()), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(o.page, []byte(b.String()), 0o644)
}

func user() string {
	if os.Getenv("SUDO_UID") == "" && os.Geteuid() == 0 {
		return "root"
	}
	return first("id", "-un")
}

func processor() string {
	return fmt.Sprintf("%d × %s", runtime.NumCPU(), strings.TrimSpace(first("sh", "-c", `sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1`)))
}

func memorySize() string {
	var kib float64
	if _, err := fmt.Sscan(first("sh", "-c", `sed -n 's/^MemTotal: *//p' /proc/meminfo`), &kib); err != nil {
		return "memory unknown"
	}
	return fmt.Sprintf("%.1f GiB", kib/(1<<20))
}
