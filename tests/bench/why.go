package main

import (
	"fmt"
	"io"
)

// passes is the reason of what is let run.
const passes = "nothing is caught, but each call passes a filter: one of a single instruction, or of the six that look at sendto alone, takes as long as ours (9.6 µs become 10.1, and 7.4 become 7.7, where ours has 9.9 and 7.8)."

// why says what limits a row or a curve, by its work or its title: by what has to be done for it. The profile beside it says what that costs.
var why = map[string]string{
	"AF_UNIX ping-pong by sendmsg, on one processor":                  "whom a message is for stands in memory that a filter cannot read, so each sendmsg is one notification, there and back again.",
	"connect(2), UDP, to a resolver":                                  "the peer's calls, and of the socket its kind, its network namespace and its port, which the answers to it need.",
	"connect(2), UDP, to loopback":                                    "the address stands in memory: it takes a notification to see that it is loopback's. The peer, which does not look, is the floor.",
	"connect(2), AF_UNIX, by path":                                    "the path has to be resolved as the caller would, to know whether it is a door to a resolver outside. The peer, which does not look, is the floor.",
	"connect(2), denied":                                              "the address is read, the socket is taken and looked at, the process is named, and a line is said of it. The peer, which does not look, is the floor.",
	"`-- true`, whole process":                                        "beside what bubblewrap does: rules and addresses of the namespace, the filter, the keeper, and Go's own start. Floors of each are below.",
	"first answer in a foreign namespace":                             "a process of ours is sent into the namespace, makes its sockets there, gives it addresses and rules by netlink, and ends, before the question is let go on; p99 has what the others on the two processors took.",
	"resident, idle":                                                  "pages of the binary itself are counted.",
	"resident, after 100,000 names":                                   "with `--observe`, since no more than 65,536 names a minute can be allowed by wildcards. 28 MiB are alive: a cache of 100,000 names 20, the budgets of names 5, the retries of the log 2; the collector lets that grow by half before it looks, and what is resident when idle is beside it.",
	"cached getaddrinfo, glibc, A":                                    "the connect is a notification where dnsmasq's client has a plain call, and without AI_ADDRCONFIG there is no other. The question itself is none, and is answered as fast as by dnsmasq (*connected send, recv*).",
	"cached getaddrinfo, glibc, A and AAAA":                           "five notifications: netlink's sendto, the connect, the sendmmsg of both questions, and the two connects by which glibc sorts the addresses (RFC 6724). The floor has the same five.",
	"cached getaddrinfo, musl, A":                                     "musl's sendto with an address is a notification, and is carried out by us: its answer is delivered at once.",
	"cached getaddrinfo, musl, A and AAAA":                            "a sendto for each question, and a connect to sort each address. The floor has the same four.",
	"cached look-up, Go's own, A":                                     "the connect is a notification; Go's own resolver, which runs on several threads, has its share of the processors beside us.",
	"cached look-up, c-ares (Node), A":                                "the connect is a notification.",
	"socket, sendto, recv":                                            "the question is a notification, and its answer a datagram by the transparent socket; dnsmasq's is two datagrams.",
	"dnsperf, connected, 1 clients, beside unbound":                   "what comes together is received by one system call, up to eight, and answered by one, on one thread; half of its time is the sends, which wake who asked. A server in C that does nothing but answer is as quick as unbound (*A cached answer*, below).",
	"dnsperf, connected, 100 clients, beside unbound":                 "the same.",
	"AF_UNIX ping-pong by send, on one processor":                     passes,
	"TCP ping-pong by send, on one processor":                         passes,
	"UDP ping-pong by send, connected, on one processor":              passes,
	"AF_UNIX stream, 1 GiB by write":                                  "nothing is caught; the runs of one side differ by more: the ratio was 0.98 to 1.31 in four runs of one day.",
	"`git clone` over a forward":                                      "two processes and a forward share the processors; the runs of one side differ by more: the ratio was 0.76 to 1.17 in five runs of one day.",
	"a Python test suite (CPython's)":                                 "next to nothing is caught. Each of its system calls passes the filter; the runs of one side differ by more.",
	"`npm ci --offline`":                                              "next to nothing is caught; the runs of one side differ by more.",
	"dnsperf, by sendto with an address, 1 clients, beside dnsmasq":   "each question is a notification, and the process that asks is looked at; the peer answers from its own socket.",
	"dnsperf, by sendto with an address, 1 clients, beside unbound":   "each question is a notification, and the process that asks is looked at; the peer answers from its own socket.",
	"dnsperf, by sendto with an address, 100 clients, beside dnsmasq": "each question is a notification, and the process that asks is looked at; the peer answers from its own socket.",
	"dnsperf, by sendto with an address, 100 clients, beside unbound": "each question is a notification, and the process that asks is looked at; the peer answers from its own socket.",
	"connected send, recv":                                            "no call is caught: three system calls of ours, dnsmasq's own number.",
	"uncached, unbound behind":                                        "each question has a socket of its own, for its port and its id (RFC 5452), which is opened after the answer before it: five system calls, of which one waits for unbound, and four when the answer is sent.",
	"`go build` of a module, nothing cached":                          "next to nothing is caught. Each of its system calls passes the filter, and each process is one of a PID that the keeper waits for; the runs of one side differ by more.",
	"`make -j2` of a C project (zstd)":                                "next to nothing is caught. Each of its system calls passes the filter; the runs of one side differ by more: the ratio was 0.99 to 1.11 in three runs of one day.",

	"A cached look-up over cached names":           "a look-up reads a map and a list of as many entries, which no processor's cache holds, and the garbage collector marks them.",
	"A whole run of true over rules of the policy": "a rule is read by a library of TOML or JSON, checked, placed and indexed: 0.2 µs of the processor, 0.12 with both files at once. Twice the start of an empty policy would leave each 0.09, of which the library of TOML takes 0.07; a Go program that only decodes the files into a map takes 0.28, dnsmasq's C 0.5. A fourth is the kernel's clearing of memory.",
}

// reasons writes for each row what limits it, and the profile that says so where it has one.
func reasons(w io.Writer, rows []row, profiles map[string]profile) {
	for _, r := range rows {
		_, profiled := profiles[r.Work]
		text := why[r.Work]
		if _, met := r.verdict(); met && !profiled {
			continue
		}
		fmt.Fprintf(w, "\n- **%s**: %s%s\n", r.Work, text, r.distance())
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
