package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// figures are what one round of one side measures.
type figures func(context.Context) ([]float64, error)

// command is one that ctx ends, with all that it started, and that a tracer of ctx watches.
func command(ctx context.Context, args ...string) *exec.Cmd {
	if t, ok := ctx.Value(tracer{}).(func() []string); ok {
		args = slices.Concat(t(), args)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second // where somebody else still holds its output
	return cmd
}

// ended is why a command has failed: it may be that its time was up.
func ended(ctx context.Context, args []string, err error, said string) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("%w: %s\n%v", err, strings.TrimSpace(said), args)
}

// output runs a command, and is what it prints. What it says on standard error is shown where it fails.
func output(ctx context.Context, args ...string) (string, error) {
	cmd := command(ctx, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", ended(ctx, args, err, said.String())
	}
	return string(out), nil
}

// printed runs a command that prints how long each piece of its work took.
func printed(args ...string) figures {
	return func(ctx context.Context) ([]float64, error) {
		out, err := output(ctx, args...)
		if err != nil {
			return nil, err
		}
		var ns []float64
		for field := range strings.FieldsSeq(out) {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", args, err)
			}
			ns = append(ns, n)
		}
		return ns, nil
	}
}

// timed runs a command n times and times each run, start and end included.
func timed(n int, args ...string) figures {
	return func(ctx context.Context) ([]float64, error) {
		n := n
		if watched(ctx) {
			n = min(n, profileRuns)
		}
		var ns []float64
		for range n {
			start := time.Now()
			if _, err := output(ctx, args...); err != nil {
				return nil, err
			}
			ns = append(ns, float64(time.Since(start).Nanoseconds()))
		}
		return ns, nil
	}
}

// afresh is timed of one run, before each of which a directory is emptied.
func afresh(dir string, args ...string) figures {
	return func(ctx context.Context) ([]float64, error) {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		return timed(1, args...)(ctx)
	}
}

// background starts a server; stop ends it.
func background(args ...string) (stop func(), err error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}, nil
}

// first is the first line that a command prints.
func first(args ...string) string {
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil && len(out) == 0 {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
