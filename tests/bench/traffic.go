package main

// traffic is what has nothing to do with DNS.
func (b *bench) traffic() ([]job, error) {
	var jobs []job
	for _, t := range []struct {
		work, kind string
		n          int
		bulk       bool
		least      float64 // of throughput; 0: stated
	}{
		{"TCP over loopback, 256 MiB by write", "tcp", 5, true, 0.98},
		{"AF_UNIX stream, 1 GiB by write", "unix", 3, true, 0.98},
		{"TCP ping-pong by send", "tcpsend", 5000, false, 0.98},
		{"UDP ping-pong by send, connected", "send", 5000, false, 0.98},
		{"AF_UNIX ping-pong by send", "unixsend", 5000, false, 0.98},
		{"AF_UNIX ping-pong by sendmsg", "sendmsg", 5000, false, 0},
	} {
		command := []string{b.program("work"), t.kind, "-", b.times(t.n)}
		jobs = append(jobs, job{row: row{Work: t.work, Peer: "bare", Goal: goal{Ratio: t.least, Throughput: true}}, quick: !t.bulk, ours: printed(b.under(nil, command...)...), base: printed(command...)})
	}
	return jobs, nil
}
