// Conformance puts a fixed set of DNS messages to a resolver and prints, a line each and between tabs: the case, where it is
// specified, what is required, and what came back. With "upstream" it is itself the resolver that others forward to.
//
//	conformance sendto|connect ADDRESS
//	conformance upstream ADDRESS:PORT
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

// patience bounds every wait; what is silent is told from what is slow by other questions, not by time.
const patience = 30 * time.Second

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(how, address string) error {
	if how == "upstream" {
		return serve(address)
	}
	r := resolver{address: net.JoinHostPort(address, "53"), connect: how == "connect"}
	for _, c := range datagrams() {
		got, err := r.datagram(c.wire)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		c.print("UDP", got)
	}
	for _, c := range streams {
		got, err := r.stream(c.run)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		c.print("TCP", got)
	}
	return nil
}

// spec is what a case is called, where it is specified, and what that requires of the answer: words that are in it, with
// a minus words that are not, and with a bar a choice; max512 is a length of 512 at most.
type spec struct{ name, rfc, require string }

func (s spec) print(transport, got string) {
	fmt.Printf("%s: %s\t%s\t%s\t%s\n", transport, s.name, s.rfc, s.require, got)
}
