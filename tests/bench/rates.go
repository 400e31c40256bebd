package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// rates are questions a second, by dnsperf: each of its clients has a socket, and up to 100 questions are open. It names the resolver in each sendto; with a
// library of ours before libc it connects its sockets and sends, as resolvers' libraries do.
func (b *bench) rates() ([]job, error) {
	file := filepath.Join(b.dir, "questions")
	if err := os.WriteFile(file, []byte("a.test A\n"), 0o600); err != nil {
		return nil, err
	}
	var jobs []job
	for _, way := range []struct {
		name, preload string
		caught        bool
	}{
		{"connected", b.program("connected.so"), false},
		{"by sendto with an address", "", true},
	} {
		for _, clients := range []int{1, 100} {
			perf := func(port string) []string {
				return []string{"env", "LD_PRELOAD=" + way.preload, "dnsperf", "-s", "127.0.0.1", "-p", port, "-d", file, "-c", strconv.Itoa(clients), "-T", "1", "-l", b.times(1)}
			}
			for _, peer := range []struct {
				name, port string
				least      float64
			}{{"dnsmasq", dnsmasqPort, 1}, {"unbound", unboundPort, 0.8}} {
				j := job{
					rounds: 7,
					row:    row{Work: fmt.Sprintf("dnsperf, %s, %d clients, beside %s", way.name, clients, peer.name), Peer: peer.name, Unit: perSecond},
					quick:  peer.name == "dnsmasq",
					ours:   rate(b.under(allow, perf(dnsmasqPort)...)...),
					base:   rate(perf(peer.port)...),
				}
				if way.caught { // which is stated, and has no goal
					j.floor = rate(b.floor(perf(peer.port)...)...)
				} else {
					j.Goal.Ratio = peer.least
				}
				jobs = append(jobs, j)
			}
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
