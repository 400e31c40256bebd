package filter

import (
	"fmt"
	"runtime"

	seccomp "github.com/seccomp/libseccomp-golang"
)

// Arch is an architecture as Go names it: "amd64" or "arm64".
type Arch string

// The architectures that a filter can be built for, on any machine.
const (
	AMD64 Arch = "amd64"
	ARM64 Arch = "arm64"
)

// Native is the architecture of this program.
func Native() Arch { return Arch(runtime.GOARCH) }

// abi is one way to make system calls on a machine.
type abi struct {
	name    string
	arch    seccomp.ScmpArch
	foreign bool // a second ABI of the machine: it gets no sockets at all
}

func abis(a Arch) ([]abi, error) {
	switch a {
	case AMD64:
		return []abi{{"x86-64", seccomp.ArchAMD64, false}, {"i386", seccomp.ArchX86, true}, {"x32", seccomp.ArchX32, true}}, nil
	case ARM64:
		return []abi{{"AArch64", seccomp.ArchARM64, false}, {"AArch32", seccomp.ArchARM, true}}, nil
	}
	return nil, fmt.Errorf("no filter for architecture %q: only for amd64 and arm64", string(a))
}
