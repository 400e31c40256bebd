package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// rates are questions a second, by dnsperf: each of its clients has a socket, on which it has up to 100 questions open, and asks by sendto with an address.
func (b *bench) rates() ([]job, error) {
	file := filepath.Join(b.dir, "questions")
	if err := os.WriteFile(file, []byte("a.test A\n"), 0o600); err != nil {
		return nil, err
	}
	var jobs []job
	for _, clients := range []int{1, 100} {
		perf := func(port string) []string {
			return []string{"dnsperf", "-s", "127.0.0.1", "-p", port, "-d", file, "-c", strconv.Itoa(clients), "-T", "1", "-l", b.times(3)}
		}
		for _, peer := range []struct {
			name, port string
			least      float64
		}{{"dnsmasq", dnsmasqPort, 1}, {"unbound", unboundPort, 0.8}} {
			jobs = append(jobs, job{
				row:   row{Work: fmt.Sprintf("dnsperf, %d clients, beside %s", clients, peer.name), Peer: peer.name, Goal: goal{Ratio: peer.least}, Unit: perSecond},
				quick: peer.name == "dnsmasq",
				ours:  rate(b.under(allow, perf(dnsmasqPort)...)...),
				base:  rate(perf(peer.port)...),
			})
		}
	}
	return jobs, nil
}

var perSecondLine = regexp.MustCompile(`Queries per second: +([0-9.]+)`)

// rate is what dnsperf says, once.
func rate(args ...string) figures {
	return func(ctx context.Context) ([]float64, error) {
		out, err := output(ctx, args...)
		if err != nil {
			return nil, err
		}
		m := perSecondLine.FindStringSubmatch(out)
		if m == nil {
			return nil, fmt.Errorf("dnsperf says no rate:\n%s", out)
		}
		v, err := strconv.ParseFloat(m[1], 64)
		return []float64{v}, err
	}
}
