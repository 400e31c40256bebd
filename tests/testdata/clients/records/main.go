// Records asks by each of net.Resolver's methods about what its arguments name, and prints what it gets: records METHOD:NAME...
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
)

func main() {
	r, ctx := &net.Resolver{PreferGo: true}, context.Background()
	ways := map[string]func(name string) (any, error){
		"host":   func(name string) (any, error) { return sorted(r.LookupHost(ctx, name)) },
		"cname":  func(name string) (any, error) { return r.LookupCNAME(ctx, name) },
		"addr":   func(name string) (any, error) { return sorted(r.LookupAddr(ctx, name)) },
		"txt":    func(name string) (any, error) { return sorted(r.LookupTXT(ctx, name)) },
		"mx":     func(name string) (any, error) { return flat(r.LookupMX(ctx, name)) },
		"ns":     func(name string) (any, error) { return flat(r.LookupNS(ctx, name)) },
		"ip4":    func(name string) (any, error) { return sorted(r.LookupIP(ctx, "ip4", name)) },
		"ip6":    func(name string) (any, error) { return sorted(r.LookupIP(ctx, "ip6", name)) },
		"netip":  func(name string) (any, error) { return sorted(r.LookupNetIP(ctx, "ip", name)) },
		"ipaddr": func(name string) (any, error) { return sorted(r.LookupIPAddr(ctx, name)) },
		"srv": func(name string) (any, error) {
			_, found, err := r.LookupSRV(ctx, "", "", name)
			return flat(found, err)
		},
		"service": func(name string) (any, error) { // _SERVICE._PROTOCOL.DOMAIN
			labels := strings.SplitN(name, ".", 3)
			canonical, found, err := r.LookupSRV(ctx, labels[0][1:], labels[1][1:], labels[2])
			held, err := flat(found, err)
			return []any{canonical, held}, err
		},
	}
	for _, arg := range os.Args[1:] {
		how, name, _ := strings.Cut(arg, ":")
		found, err := ways[how](name)
		if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
			found = dns.Err
		} else if err != nil {
			found = err
		}
		fmt.Println(arg, found)
	}
}

// sorted is in an order that depends neither on the server's nor on which networks are there.
func sorted[T any](found []T, err error) (any, error) {
	var texts []string
	for _, one := range found {
		texts = append(texts, fmt.Sprint(one))
	}
	slices.Sort(texts)
	return texts, err
}

// flat is what records hold, not where they are.
func flat[T any](records []*T, err error) (any, error) {
	var held []T
	for _, r := range records {
		held = append(held, *r)
	}
	return sorted(held, err)
}
