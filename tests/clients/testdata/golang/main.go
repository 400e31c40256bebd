// Looks a name up with Go's own resolver.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	start := time.Now()
	resolver := net.Resolver{PreferGo: true}
	found, err := resolver.LookupHost(context.Background(), os.Args[1])
	for _, address := range found {
		fmt.Println(address)
	}
	if err != nil {
		fmt.Println("error:", err)
	}
	fmt.Println("took", float64(time.Since(start).Microseconds())/1000)
}
