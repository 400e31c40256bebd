package main

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"strings"
)

func (b *bench) overPauses() *curve {
	return &curve{
		file: "performance-pauses.svg", title: "The garbage collector's longest pause over cached names", x: "names", y: "µs",
		points: b.upTo(10, 100, 1000, 10_000, 100_000),
		sides: []side{{"codex-dnsvisor", func(ctx context.Context, n int) (float64, error) {
			flags, err := b.rules(n)
			if err != nil {
				return 0, err
			}
			return longestPause(ctx, b.under(flags, b.cached(n)...)...)
		}}},
	}
}

// collected is what the runtime says of a collection: the first and the last of the three times are those in which nothing else runs.
var collected = regexp.MustCompile(`(?m)^gc \d+ @.*: ([0-9.]+)\+[0-9.]+\+([0-9.]+) ms clock`)

// longestPause runs a command, and is how long its collector stopped it at most, in microseconds; 0 where it never did.
func longestPause(ctx context.Context, args ...string) (float64, error) {
	cmd := command(ctx, args...)
	cmd.Env = append(os.Environ(), "GODEBUG=gctrace=1")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return 0, ended(ctx, args, err, said.String())
	}
	longest := 0.0
	for _, m := range collected.FindAllStringSubmatch(said.String(), -1) {
		for _, text := range m[1:] {
			ms, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return 0, err
			}
			longest = max(longest, ms*1e3)
		}
	}
	return longest, nil
}
