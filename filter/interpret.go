package filter

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// data is struct seccomp_data of linux/seccomp.h.
type data struct {
	nr   int32
	arch uint32
	ip   uint64
	args [6]uint64
}

// bytes lays it out as the kernel does, little-endian on both architectures.
func (d data) bytes() []byte {
	raw := binary.LittleEndian.AppendUint32(nil, uint32(d.nr))
	raw = binary.LittleEndian.AppendUint32(raw, d.arch)
	raw = binary.LittleEndian.AppendUint64(raw, d.ip)
	for _, arg := range d.args {
		raw = binary.LittleEndian.AppendUint64(raw, arg)
	}
	return raw
}

// interpret runs a program as the kernel's seccomp_check_filter lets it be: loads of aligned words, jumps forward,
// and no more. Whatever else occurs is an error, and so is running off the end.
func interpret(program []Instruction, d data) (uint32, error) {
	input := d.bytes()
	var a, x uint32
	var memory [16]uint32
	for pc := 0; pc < len(program); pc++ {
		i := program[pc]
		switch i.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			if i.K%4 != 0 || int(i.K)+4 > len(input) {
				return 0, fmt.Errorf("instruction %d loads at %d", pc, i.K)
			}
			a = binary.LittleEndian.Uint32(input[i.K:])
		case unix.BPF_LD | unix.BPF_MEM:
			a = memory[i.K%uint32(len(memory))] // the kernel refuses more
		case unix.BPF_ST:
			memory[i.K%uint32(len(memory))] = a
		case unix.BPF_MISC | unix.BPF_TAX:
			x = a
		case unix.BPF_MISC | unix.BPF_TXA:
			a = x
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= i.K
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(i.K)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			pc += jump(i, a == i.K)
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			pc += jump(i, a > i.K)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			pc += jump(i, a >= i.K)
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			pc += jump(i, a&i.K != 0)
		case unix.BPF_RET | unix.BPF_K:
			return i.K, nil
		default:
			return 0, fmt.Errorf("instruction %d has code %#x", pc, i.Code)
		}
	}
	return 0, fmt.Errorf("the program runs off its end")
}

func jump(i Instruction, taken bool) int {
	if taken {
		return int(i.JT)
	}
	return int(i.JF)
}
