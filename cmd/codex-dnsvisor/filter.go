package main

import (
	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
)

type filterCmd struct {
	BPF  bool   `name:"bpf" help:"Write the raw program: an array of struct sock_filter."`
	Arch string `enum:"amd64,arm64,native" default:"native" help:"For amd64 or arm64; by default, this machine's."`
	Unix string `enum:"guard,none" default:"guard" help:"As of run."`
}

// Run implements the subcommand.
func (f *filterCmd) Run(e *env) error {
	options := filter.Options{Arch: filter.Arch(f.Arch)}
	if f.Arch == "native" {
		options.Arch = filter.Native()
	}
	if f.Unix == "none" {
		options.Unix = filter.UnixNone
	}
	program, err := filter.Build(options)
	if err != nil {
		return err
	}
	if f.BPF {
		_, err = e.stdout.Write(program.Bytes())
		return err
	}
	return program.WriteText(e.stdout)
}
