// Records asks by each of net.Resolver's methods about what its arguments name, and prints what it gets: records METHOD:NAME...
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	r, ctx := &net.Resolver{PreferGo: true}, context.Background()
	ways := map[string]func(name string) (any, error){
		"host":  func(name string) (any, error) { return r.LookupHost(ctx, name) },
		"cname": func(name string) (any, error) { return r.LookupCNAME(ctx, name) },
		"addr":  func(name string) (any, error) { return r.LookupAddr(ctx, name) },
		"txt":   func(name string) (any, error) { return r.LookupTXT(ctx, name) },
		"mx":    func(name string) (any, error) { return flat(r.LookupMX(ctx, name)) },
		"ns":    func(name string) (any, error) { return flat(r.LookupNS(ctx, name)) },
		"srv": func(name string) (any, error) {
			_, found, err := r.LookupSRV(ctx, "", "", name)
			return flat(found, err)
		},
	}
	for _, arg := range os.Args[1:] {
		how, name, _ := strings.Cut(arg, ":")
		found, err := ways[how](name)
		if err != nil {
			found = "no"
		}
		fmt.Println(arg, found)
	}
}

// flat is what records hold, not where they are.
func flat[T any](records []*T, err error) (any, error) {
	var held []T
	for _, r := range records {
		held = append(held, *r)
	}
	return held, err
}
