package filter

import "embed"

// commands are the programs of every Options: a command waits for its filter, and compiling one takes a millisecond. TestCommandIsCompiled
// writes them.
//
//go:embed command/*.bpf
var commands embed.FS

func (o Options) file() string {
	name := string(o.Arch)
	if o.Host {
		name += "-host"
	}
	if o.Unix == UnixNone {
		name += "-unix-none"
	}
	return "command/" + name + ".bpf"
}

// Program returns what Build compiles, as seccomp(2) takes it.
func (o Options) Program() ([]byte, error) { return commands.ReadFile(o.file()) }
