package filter

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// SizeofInstruction is the size of a struct sock_filter of linux/filter.h, in bytes.
const SizeofInstruction = 8

// Silences reports whether a program, as it lies in the memory of a process of this machine's ABI, keeps what it is loaded for from
// asking names: it fails connect, or the making of an internet socket, and lets a program be executed all the same. A filter that
// fails a call wins over one that notifies (seccomp(2)), so nobody is told of such calls. False, too, of what cannot be read.
func Silences(program []byte) bool {
	var insns []Instruction
	for ; len(program) >= SizeofInstruction; program = program[SizeofInstruction:] {
		insns = append(insns, Instruction{
			Code: binary.NativeEndian.Uint16(program), JT: program[2], JF: program[3], K: binary.NativeEndian.Uint32(program[4:]),
		})
	}
	fails := func(nr int, args ...uint64) bool {
		d := data{nr: int32(nr), arch: auditArch()}
		copy(d.args[:], args)
		action, err := interpret(insns, d)
		return err == nil && action&unix.SECCOMP_RET_ACTION_FULL == unix.SECCOMP_RET_ERRNO
	}
	socket := fails(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM) && fails(unix.SYS_SOCKET, unix.AF_INET6, unix.SOCK_DGRAM)
	return (socket || fails(unix.SYS_CONNECT)) && !fails(unix.SYS_EXECVE)
}

func auditArch() uint32 {
	if Native() == ARM64 {
		return unix.AUDIT_ARCH_AARCH64
	}
	return unix.AUDIT_ARCH_X86_64
}
