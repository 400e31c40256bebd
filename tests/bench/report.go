package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

const maxBinary = 25 << 20 // bytes

// report prints the table. A ratio that misses its limit says so.
func report(binary string, rows []row) error {
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	fmt.Printf("# Benchmarks\n\nWritten by `make bench` on %s: Linux %s, %d CPUs, %s, bubblewrap %s, dnsmasq %s.\n", time.Now().Format(time.DateOnly), first("uname", "-r"), runtime.NumCPU(), runtime.Version(), last(first("bwrap", "--version")), word(first("dnsmasq", "--version"), 2))
	fmt.Printf("Medians of %d rounds in which both sides take turns. A ratio is our time to the peer's; of throughput, the peer's to ours.\n\n", rounds)
	fmt.Println("| work | peer | ours p50 | p99 | peer's p50 | p99 | ratio | goal | |\n|---|---|---:|---:|---:|---:|---:|---:|---|")
	for _, r := range rows {
		ours, base := median(r.Ours.P50), median(r.Base.P50)
		ratio, goal, met := ours/base, "-", ""
		if r.Limit > 0 {
			goal, met = fmt.Sprintf("≤ %.2g", r.Limit), verdict(ratio <= r.Limit)
		}
		if r.Throughput {
			ratio = base / ours
			goal, met = fmt.Sprintf("≥ %.2g", r.Limit), verdict(ratio >= r.Limit)
		}
		if r.Beyond > 0 {
			goal, met = "≤ "+short(r.Beyond)+" more", verdict(ours-base <= r.Beyond)
		}
		if r.Most > 0 {
			goal, met = "ours ≤ "+short(r.Most), verdict(ours <= r.Most)
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %.2f | %s | %s |\n", r.Work, r.Peer, short(ours), short(median(r.Ours.P99)), short(base), short(median(r.Base.P99)), ratio, goal, met)
	}
	fmt.Printf("| size of the binary | - | %.1f MiB | | | | | ≤ 25 MiB | %s |\n", float64(info.Size())/(1<<20), verdict(info.Size() <= maxBinary))
	return nil
}

func verdict(ok bool) string {
	if ok {
		return "met"
	}
	return "**missed**"
}

func short(ns float64) string {
	switch {
	case ns < 1e6:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
}

// first is the first line that a command prints.
func first(args ...string) string {
	out, err := exec.Command(args[0], args[1:]...).Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

func last(s string) string { return word(s, len(strings.Fields(s))-1) }

func word(s string, i int) string {
	fields := strings.Fields(s)
	if i < 0 || i >= len(fields) {
		return "unknown"
	}
	return fields[i]
}
