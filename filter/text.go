package filter

import (
	"fmt"
	"io"
	"text/tabwriter"

	seccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// WriteText writes what the filter does, a line a call and ABI, and then the program itself.
func (p Program) WriteText(out io.Writer) error {
	all, err := abis(p.options.Arch)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "ABI\tCALL\tWHERE\tACTION")
	for _, a := range all {
		p.writeRules(table, a)
	}
	fmt.Fprintf(table, "any other\tevery\t\t%s\n", action(seccomp.ActKillProcess))
	if err := table.Flush(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "every other call of these ABIs: ALLOW\n\n%d instructions:\n", len(p.insns)); err != nil {
		return err
	}
	for i, insn := range p.insns {
		raw := bpf.RawInstruction{Op: insn.Code, Jt: insn.JT, Jf: insn.JF, K: insn.K}
		if _, err := fmt.Fprintf(out, "%4d: %s\n", i, raw.Disassemble()); err != nil {
			return err
		}
	}
	return nil
}

// writeRules writes the rules of one ABI; those that differ only in the call or in a number make one line.
func (p Program) writeRules(out *tabwriter.Writer, a abi) {
	if a.foreign {
		fmt.Fprintf(out, "%s\tevery socket call, io_uring_setup, request_key\t\t%s\n", a.name, action(errno(unix.ENOSYS)))
	}
	last := ""
	for _, r := range a.rules(p.options) {
		if a.foreign && r.words == "" {
			continue
		}
		line := fmt.Sprintf("%s\t%s\t%s\t%s\n", a.name, r.call, r.words, action(r.then))
		if line != last {
			fmt.Fprintf(out, "%s", line)
		}
		last = line
	}
}

func action(a seccomp.ScmpAction) string {
	switch a {
	case seccomp.ActNotify:
		return "NOTIFY"
	case seccomp.ActKillProcess:
		return "KILL_PROCESS"
	default:
		return unix.ErrnoName(unix.Errno(a.GetReturnCode()))
	}
}
