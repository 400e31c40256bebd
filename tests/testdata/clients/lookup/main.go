// Lookup prints the addresses of a name as Go's own resolver or the C library's gives them, by how it was built.
package main

import (
	"fmt"
	"net"
	"os"
	"slices"
)

func main() {
	addresses, err := net.LookupHost(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	slices.Sort(addresses)
	for _, a := range addresses {
		fmt.Println(a)
	}
}
