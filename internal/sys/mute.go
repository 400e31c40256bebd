package sys

import (
	"slices"

	"golang.org/x/sys/unix"
)

// MaxMuted is how many ports may be muted at once.
const MaxMuted = 2048

// Sample is of how many datagrams of a muted port one is let through, to tell whether it still sends.
const Sample = 256

// Mute has the kernel drop what comes from some source ports, sorted and without doubles, before it is in the stub's queue, but for a sample, and nothing
// else any more: no ports unmute all. It is the sender's own time that it costs (SO_ATTACH_FILTER of socket(7)).
func (s *Stub) Mute(ports []uint16) error {
	s.sending.RLock()
	defer s.sending.RUnlock()
	switch {
	case s.gone:
		return unix.EBADF
	case len(ports) == 0:
		return unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
	}
	program := muteProgram(ports[:min(len(ports), MaxMuted)])
	return unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}

// muteProgram compares the source port, with which the header begins, with those of one stretch of the sorted ports: a conditional jump of
// classic BPF goes no farther than 255 instructions.
func muteProgram(ports []uint16) []unix.SockFilter {
	const stretch = 200
	const drop, pass = 0, 0xffffffff
	const random = 0xfffff000 + 56 // SKF_AD_OFF + SKF_AD_RANDOM, linux/filter.h
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS}}
	for part := range slices.Chunk(ports, stretch) {
		n := len(part)
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: uint32(part[n-1]), Jt: uint8(n + 5)})
		for i, port := range part {
			program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(port), Jt: uint8(n - i)})
		}
		program = append(program,
			unix.SockFilter{Code: unix.BPF_RET, K: pass},
			unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: random},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: Sample - 1, Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET, K: drop},
			unix.SockFilter{Code: unix.BPF_RET, K: pass})
	}
	return append(program, unix.SockFilter{Code: unix.BPF_RET, K: pass})
}
