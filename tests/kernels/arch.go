package main

import "fmt"

// arch is what differs between the architectures of guests. Its name is Debian's and Go's.
type arch struct {
	name    string
	qemu    []string // the program, and the machine that it is to be
	console string   // the kernel's name of the serial line
	flavour string   // the kernel's, in names of Debian's packages
	kernels []string // what a full run boots: versions that Debian has, or newest
}

var arches = []arch{
	{name: "amd64", qemu: []string{"qemu-system-x86_64", "-cpu", "max"}, console: "ttyS0", flavour: "cloud-amd64",
		kernels: []string{"5.10", "6.1", "6.12", newest}},
}

func findArch(name string) (arch, error) {
	for _, a := range arches {
		if a.name == name {
			return a, nil
		}
	}
	return arch{}, fmt.Errorf("no guest of architecture %q", name)
}
