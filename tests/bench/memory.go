package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
)

// memory is what the supervisor has resident, its binary's pages included, while a command waits.
func (b *bench) memory() ([]job, error) {
	policy, err := b.generous()
	if err != nil {
		return nil, err
	}
	many := append(policy, "--allow", "**.t", "--observe", "--audit", "/dev/null") // no more names a minute than 65,536 can be allowed
	resident := func(work string, most float64, flags []string, command ...string) job {
		return job{
			row: row{Work: "resident, " + work, Goal: goal{Most: most}, Unit: mebibytes}, quick: work == "idle", rounds: 3,
			ours: func(ctx context.Context) ([]float64, error) { return residentOf(ctx, b.under(flags, command...)...) },
		}
	}
	return []job{
		resident("idle", 20, nil, "sh", "-c", "echo ready; cat"),
		resident("after 100,000 names", 64, many, b.program("ask"), dnsmasqPort, "hold", "t", b.times(100_000)),
		resident("100 namespaces", 64, allow, b.program("crowd"), "a.test", b.times(100), "0"),
	}, nil
}

// residentOf runs a command that says when it is ready, and ends with its input.
func residentOf(ctx context.Context, args ...string) ([]float64, error) {
	cmd := command(ctx, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	var mib float64
	if readErr == nil {
		mib, readErr = rss(cmd.Process.Pid)
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		return nil, ended(ctx, args, err, line)
	}
	return []float64{mib}, readErr
}

// rss is what a process has resident, in MiB.
func rss(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(text), "VmRSS:")
	if !found {
		return 0, fmt.Errorf("process %d has no memory", pid)
	}
	var kib float64
	_, err = fmt.Sscan(after, &kib)
	return kib / 1024, err
}
