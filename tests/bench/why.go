package main

import (
	"fmt"
	"io"
)

// why says what limits a row, by its work: by what has to be done for it. The profile beside it says what that costs.
var why = map[string]string{
	"AF_UNIX ping-pong by sendmsg":       "whom a message is for stands in memory that a filter cannot read, so each sendmsg is one notification, there and back again.",
	"connect(2), UDP, to loopback":       "the address stands in memory: it takes a notification to see that it is loopback's. The peer does not look.",
	"connect(2), AF_UNIX, by path":       "the path has to be resolved as the caller would, to know whether it is a door to a resolver outside. The peer does not look.",
	"connect(2), denied":                 "the address is read, the process is named, and a line is said of it. The peer does not look.",
	"`-- true`, whole process":           "beside what bubblewrap does: rules and addresses of the namespace, the filter, the keeper, and Go's own start.",
	"resident, idle":                     "pages of the binary itself are counted.",
	"resident, after 100,000 names":      "with `--observe`, since no more than 65,536 names a minute can be allowed by wildcards. 50 MiB are alive: a full cache of 65,536 names 20 and their records 5, the budgets of names 15, the retries of the log 5; the collector lets that double before it looks, and a quarter of it as much room would take it 40 µs a question more.",
	"cached getaddrinfo, glibc, A":       "glibc asks netlink for addresses, connects, and asks: those are notifications where dnsmasq's client has plain calls.",
	"socket, sendto, recv":               "the question is a notification, and its answer a datagram by the transparent socket; dnsmasq's is two datagrams.",
	"dnsperf, 1 clients, beside unbound": "dnsperf names the resolver in each sendto, so each question is a notification, and its process is looked at; unbound answers from its own socket.",
}

// reasons writes for each row what limits it, and the profile that says so where it has one.
func reasons(w io.Writer, rows []row, profiles map[string]profile) {
	for _, r := range rows {
		_, profiled := profiles[r.Work]
		text := why[r.Work]
		if text == "" && !profiled {
			continue
		}
		if text == "" {
			text = "see the profile."
		}
		fmt.Fprintf(w, "\n- **%s**: %s\n", r.Work, text)
		evidence(w, r.Work, profiles)
	}
}

// evidence writes the profile of a row or a curve, if there is one.
func evidence(w io.Writer, of string, profiles map[string]profile) {
	p := profiles[of]
	for _, line := range p.lines() {
		fmt.Fprintf(w, "  - %s\n", line)
	}
}
