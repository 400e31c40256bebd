package filter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	seccomp "github.com/seccomp/libseccomp-golang"
)

// Options say what a filter is for.
type Options struct {
	Arch Arch // "" is an error; see Native
	Unix Unix
	Host bool // the command stays in the host's network: nothing is refused but io_uring_setup, which seccomp cannot see into
}

// Instruction is struct sock_filter of linux/filter.h.
type Instruction struct {
	Code   uint16
	JT, JF uint8
	K      uint32
}

// MaxInstructions is BPF_MAXINSNS: the kernel loads no longer program.
const MaxInstructions = 4096

// Program is a compiled filter. The zero value is empty, and the kernel refuses it.
type Program struct {
	options Options
	insns   []Instruction
}

// notifyAPI is the libseccomp API level (2.5) that takes user notification as an action. It is forced, so that a program does not depend
// on the kernel that it is built on.
const notifyAPI = 6

// Build compiles the filter. It needs no privilege and loads nothing.
func Build(o Options) (Program, error) {
	all, err := abis(o.Arch)
	if err != nil {
		return Program{}, err
	}
	if err := seccomp.SetAPI(notifyAPI); err != nil {
		return Program{}, fmt.Errorf("libseccomp is too old: %w", err)
	}
	var whole *seccomp.ScmpFilter
	for _, a := range all {
		one, err := compile(a, o)
		if err != nil {
			return Program{}, fmt.Errorf("%s: %w", a.name, err)
		}
		if whole == nil {
			whole = one
			defer whole.Release()
			continue
		}
		if err := whole.Merge(one); err != nil {
			return Program{}, fmt.Errorf("merge %s: %w", a.name, err)
		}
	}
	insns, err := export(whole)
	return Program{o, insns}, err
}

// compile makes the filter of one ABI.
func compile(a abi, o Options) (*seccomp.ScmpFilter, error) {
	f, err := seccomp.NewFilter(seccomp.ActAllow)
	if err != nil {
		return nil, err
	}
	if err := only(f, a.arch); err != nil {
		return nil, err
	}
	if err := f.SetBadArchAction(seccomp.ActKillProcess); err != nil {
		return nil, err
	}
	for _, r := range a.rules(o) {
		if err := add(f, r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.call, err)
		}
	}
	return f, nil
}

// only leaves one architecture in a new filter, which begins with the machine's own.
func only(f *seccomp.ScmpFilter, arch seccomp.ScmpArch) error {
	native, err := seccomp.GetNativeArch()
	if err != nil || native == arch {
		return err
	}
	return errors.Join(f.AddArch(arch), f.RemoveArch(native))
}

func (a abi) rules(o Options) []rule {
	switch {
	case a.foreign && o.Host:
		return []rule{ring()}
	case a.foreign:
		return refused()
	case o.Host:
		return append(watched(), unixSockets(o.Unix)...)
	}
	return caught(o.Unix)
}

// add adds a rule; libseccomp passes over a call that the ABI lacks.
func add(f *seccomp.ScmpFilter, r rule) error {
	// libseccomp takes this machine's numbers, made up ones for calls that it lacks, and translates them by name.
	number, err := seccomp.GetSyscallFromName(r.call)
	if err != nil {
		return err
	}
	if len(r.where) == 0 {
		return f.AddRule(number, r.then)
	}
	var conditions []seccomp.ScmpCondition
	for _, w := range r.where {
		op, values := seccomp.CompareMaskedEqual, []uint64{w.mask, w.value}
		if w.mask == 0 {
			op, values = seccomp.CompareGreater, []uint64{w.value}
		}
		c, err := seccomp.MakeCondition(w.arg, op, values...)
		if err != nil {
			return err
		}
		conditions = append(conditions, c)
	}
	return f.AddRuleConditional(number, r.then, conditions)
}

// export reads the program back through a pipe, whose 64 KiB hold more than the longest one.
func export(f *seccomp.ScmpFilter) ([]Instruction, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := errors.Join(f.ExportBPF(w), w.Close()); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	insns := make([]Instruction, len(raw)/8)
	if _, err := binary.Decode(raw, binary.NativeEndian, insns); err != nil || len(insns) > MaxInstructions {
		return nil, errors.Join(fmt.Errorf("a program of %d bytes", len(raw)), err)
	}
	return insns, nil
}

// Instructions returns the program.
func (p Program) Instructions() []Instruction { return slices.Clone(p.insns) }

// Bytes returns the program as seccomp(2) takes it: an array of struct sock_filter in the machine's byte order.
func (p Program) Bytes() []byte { return Encode(p.insns) }

// Encode returns instructions as seccomp(2) takes them.
func Encode(insns []Instruction) []byte {
	raw, err := binary.Append(nil, binary.NativeEndian, insns)
	if err != nil {
		panic(err) // a type without a fixed size
	}
	return raw
}
