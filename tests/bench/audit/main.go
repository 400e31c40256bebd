// Audit times the commands that read audit logs on a log of many events, beside jq and lnav on the first of them where those can
// do the same, and prints a table. It is run by `make bench-audit`.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall" //nolint:depguard // Rusage is what os/exec gives
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench-audit:", err)
		os.Exit(1) //nolint:forbidigo // the one exit
	}
}

func run() error {
	binary := flag.String("binary", "bin/codex-dnsvisor", "the binary under test")
	events := flag.Int("events", 10_000_000, "how many events the log has")
	others := flag.Int("others", 1_000_000, "how many of them jq and lnav are given")
	dir := flag.String("dir", os.TempDir(), "where the logs are written; they are deleted")
	flag.Parse()
	temp, err := os.MkdirTemp(*dir, "bench-audit-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	usual, hostile, part := log{filepath.Join(temp, "usual.jsonl"), *events}, log{filepath.Join(temp, "distinct.jsonl"), *events}, log{filepath.Join(temp, "part.jsonl"), *others}
	if err := usual.write(mixed); err != nil {
		return err
	}
	if err := usual.head(part); err != nil {
		return err
	}
	t := table{}
	t.time(&usual, "audit summary", *binary, "audit", "summary", usual.file)
	t.time(&usual, "audit summary --json --decision deny", *binary, "audit", "summary", "--json", "--decision", "deny", usual.file)
	t.time(&usual, "audit tail -n 10", *binary, "audit", "tail", "-n", "10", usual.file)
	t.time(&usual, "audit verify", *binary, "audit", "verify", usual.file)
	t.time(&part, "audit summary", *binary, "audit", "summary", part.file)
	t.time(&part, "jq, counts by name and decision", "jq", "-n", `reduce inputs as $e ({}; .[($e["server.address"] // "") + " " + ($e["network.policy.decision"] // "")] += 1)`, part.file)
	formats, err := lnavFormat(temp)
	if err != nil {
		return err
	}
	t.time(&part, "lnav, counts by name and decision", "lnav", "-N", "-n", "-I", formats, "-c", ";SELECT \"server.address\", \"network.policy.decision\", count(*) FROM dnsvisor GROUP BY 1, 2", part.file)
	if err := os.Remove(usual.file); err != nil {
		return err
	}
	if err := hostile.write(distinct); err != nil {
		return err
	}
	t.time(&hostile, "audit summary, each event another name", *binary, "audit", "summary", hostile.file)
	return t.err
}

// table prints a row for each command.
type table struct {
	titled bool
	err    error
}

// time runs a command on a log.
func (t *table) time(on *log, what string, args ...string) {
	if t.err != nil {
		return
	}
	info, err := os.Stat(on.file)
	if err != nil {
		t.err = err
		return
	}
	if !t.titled {
		fmt.Println("| command | events | MiB | seconds | events/s | MiB/s | largest, MiB | CPU seconds |\n|---|---:|---:|---:|---:|---:|---:|---:|")
		t.titled = true
	}
	command := exec.Command(args[0], args[1:]...)
	command.Stdout, command.Stderr = io.Discard, os.Stderr
	start := time.Now()
	if err := command.Run(); err != nil {
		t.err = fmt.Errorf("%s: %w", what, err)
		return
	}
	const mib = 1 << 20
	seconds, size := time.Since(start).Seconds(), float64(info.Size())/mib
	state := command.ProcessState
	usage, _ := state.SysUsage().(*syscall.Rusage)
	fmt.Printf("| %s | %d | %.0f | %.1f | %.0f | %.0f | %d | %.1f |\n", what, on.events, size, seconds, float64(on.events)/seconds, size/seconds,
		usage.Maxrss/1024, (state.UserTime() + state.SystemTime()).Seconds())
}
