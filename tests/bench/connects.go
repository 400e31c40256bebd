package main

// connects are connect(2)s beside the least that a supervisor has to do for one.
func (b *bench) connects() ([]job, error) {
	var jobs []job
	for _, c := range []struct {
		work, peer, kind, how string
		most                  float64
	}{
		{"connect(2), UDP, to a resolver", "C supervisor: getfd and connect", "resolver", "perform", 1.3},
		{"connect(2), denied", "bare C notification: errno", "denied", "errno", 1.5},
		{"connect(2), UDP, to loopback", "bare C notification: continue", "loopback", "continue", 1.5},
		{"connect(2), AF_UNIX, by path", "bare C notification: continue", "unix", "continue", 1.5},
	} {
		command := []string{b.program("connect"), c.kind, b.times(2000)}
		jobs = append(jobs, job{
			row:   row{Work: c.work, Peer: c.peer, Goal: goal{Ratio: c.most}},
			quick: true,
			ours:  printed(b.under(nil, command...)...),
			base:  printed(append([]string{b.program("supervise"), c.how}, command...)...),
		})
	}
	return jobs, nil
}
