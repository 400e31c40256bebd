package main

import (
	"os"
	"path/filepath"
)

// generous is a policy without bounds that a bench would meet.
const generous = `[dns]
cache-size = 131072
[dns.budget]
names = 65536
bytes = 16777216
total-names = 65536
total-bytes = 16777216
questions = 65536
`

// generous writes the policy, and is the flags that use it.
func (b *bench) generous() ([]string, error) {
	file := filepath.Join(b.dir, "generous.toml")
	return []string{"--policy", file}, os.WriteFile(file, []byte(generous), 0o600)
}

// asked are questions by programs that have no resolver of their own.
func (b *bench) asked() ([]job, error) {
	policy, err := b.generous()
	if err != nil {
		return nil, err
	}
	ask := func(args ...string) []string { return append([]string{b.program("ask"), dnsmasqPort}, args...) }
	each, one, fresh := ask("unconnected", "a.test", b.times(2000)), ask("connected", "a.test", b.times(2000)), ask("distinct", "t", b.times(2000))
	return []job{
		{row: row{Work: "socket, sendto, recv", Peer: "dnsmasq in a namespace", Goal: goal{Ratio: 1}}, quick: true, ours: printed(b.under(allow, each...)...), base: printed(each...), floor: printed(b.floor(each...)...)},
		{row: row{Work: "connected send, recv", Peer: "dnsmasq in a namespace", Goal: goal{Ratio: 0.9}}, quick: true, ours: printed(b.under(allow, one...)...), base: printed(one...)},
		{row: row{Work: "uncached, unbound behind", Peer: "dnsmasq forwarding to the same", Goal: goal{Ratio: 1.1}}, quick: true, ours: printed(b.under(append(policy, "--allow", "**.t"), fresh...)...), base: printed(fresh...)},
	}, nil
}
