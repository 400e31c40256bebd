package main

// starts are whole runs, and the first question in a namespace that another tool made.
func (b *bench) starts() ([]job, error) {
	sandboxed := func(kind string) figures {
		return printed(b.under(allow, b.program("work"), kind, "a.test", b.times(100))...)
	}
	return []job{
		{
			row: row{Work: "`-- true`, whole process", Peer: "`bwrap --unshare-user --unshare-net`", Goal: goal{Ratio: 1.5}}, quick: true,
			ours: timed(b.n(20), b.binary, "--", "true"),
			base: timed(b.n(20), "bwrap", "--unshare-user", "--unshare-net", "--dev-bind", "/", "/", "true"),
		},
		{row: row{Work: "first answer in a foreign namespace", Peer: "the second one there", Goal: goal{Beyond: 3e6, Tail: 10e6}}, quick: true, ours: sandboxed("first"), base: sandboxed("second")},
	}, nil
}
