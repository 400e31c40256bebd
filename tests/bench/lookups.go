package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// lookups are cached look-ups by the resolvers of several languages.
func (b *bench) lookups() ([]job, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	n := b.times(1000)
	var jobs []job
	for _, l := range []struct {
		work    string
		command []string
		quick   bool
	}{
		{"cached getaddrinfo, glibc, A", []string{b.program("work"), "a", "a.test", n}, true},
		{"cached getaddrinfo, glibc, A and AAAA", []string{b.program("work"), "aaaa", "a.test", n}, true},
		{"cached getaddrinfo, musl, A", []string{b.program("musl"), "a", "a.test", n}, true},
		{"cached getaddrinfo, musl, A and AAAA", []string{b.program("musl"), "aaaa", "a.test", n}, true},
		{"cached look-up, Go's own, A", []string{self, "lookup", "a.test", n}, true},
		{"cached look-up, c-ares (Node), A", []string{"node", filepath.Join(b.sources, "lookup.js"), "a.test", n}, false},
	} {
		jobs = append(jobs, job{row: row{Work: l.work, Peer: "dnsmasq in a namespace", Goal: goal{Ratio: 1.3}}, quick: l.quick, ours: printed(b.under(allow, l.command...)...), base: printed(l.command...), floor: printed(b.floor(l.command...)...)})
	}
	return jobs, nil
}

var allow = []string{"--allow", "a.test"}

// lookUp is the client in Go: it prints how long each look-up took.
func lookUp(name, times string) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	resolver := net.Resolver{PreferGo: true}
	for range n {
		start := time.Now()
		if _, err := resolver.LookupNetIP(context.Background(), "ip4", name); err != nil {
			return err
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
	return nil
}
