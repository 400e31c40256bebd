package main

import "fmt"

// arch is what differs between the architectures of guests. Its name is Debian's and Go's.
type arch struct {
	name    string
	qemu    []string // the program, and the machine that it is to be
	console string   // the kernel's name of the serial line
	// flavours are the kernel's, in names of Debian's packages, by what is asked for after a version's "+".
	flavours map[string]string
	kernels  []string // what a full run boots: versions that Debian has, or newest, with or without a flavour
}

var arches = []arch{
	{
		name: "amd64", qemu: []string{"qemu-system-x86_64", "-cpu", "max"}, console: "ttyS0",
		flavours: map[string]string{"": "cloud-amd64"}, kernels: []string{"5.10", "6.1", "6.12", newest},
	},
	{
		// Pointer authentication as the architecture has it takes an emulated processor more time than all else.
		name: "arm64", qemu: []string{"qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"}, console: "ttyAMA0",
		flavours: map[string]string{"": "cloud-arm64", "16k": "arm64-16k"}, kernels: []string{"6.1", "6.12+16k"},
	},
}

func findArch(name string) (arch, error) {
	for _, a := range arches {
		if a.name == name {
			return a, nil
		}
	}
	return arch{}, fmt.Errorf("no guest of architecture %q", name)
}
