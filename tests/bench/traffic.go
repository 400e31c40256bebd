package main

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// traffic is what has nothing to do with DNS. Who speaks by turns does so on one processor: on two, whether each has its own makes 14 µs 60.
func (b *bench) traffic() ([]job, error) {
	processor, err := anyProcessor()
	if err != nil {
		return nil, err
	}
	var jobs []job
	for _, t := range []struct {
		work, kind string
		n          int
		bulk       bool
		least      float64 // of throughput; 0: stated
	}{
		{"TCP over loopback, 256 MiB by write", "tcp", 5, true, 0.98},
		{"AF_UNIX stream, 1 GiB by write", "unix", 3, true, 0.98},
		{"TCP ping-pong by send, on one processor", "tcpsend", 5000, false, 0.98},
		{"UDP ping-pong by send, connected, on one processor", "send", 5000, false, 0.98},
		{"AF_UNIX ping-pong by send, on one processor", "unixsend", 5000, false, 0.98},
		{"AF_UNIX ping-pong by sendmsg, on one processor", "sendmsg", 5000, false, 0},
	} {
		command := []string{b.program("work"), t.kind, "-", b.times(t.n)}
		if !t.bulk {
			command = append([]string{"taskset", "-c", processor}, command...)
		}
		jobs = append(jobs, job{row: row{Work: t.work, Peer: "bare", Goal: goal{Ratio: t.least, Throughput: true}}, quick: !t.bulk, ours: printed(b.under(nil, command...)...), base: printed(command...)})
	}
	return jobs, nil
}

// anyProcessor is the number of one that we may use.
func anyProcessor() (string, error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return "", fmt.Errorf("which processors there are: %w", err)
	}
	n := 0
	for !all.IsSet(n) {
		n++
	}
	return strconv.Itoa(n), nil
}
