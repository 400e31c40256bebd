package filter

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// program is one as it lies in memory: code, jt, jf, k each.
func program(instructions ...[4]uint32) []byte {
	var b []byte
	for _, i := range instructions {
		b = binary.NativeEndian.AppendUint16(b, uint16(i[0]))
		b = binary.NativeEndian.AppendUint32(append(b, byte(i[1]), byte(i[2])), i[3])
	}
	return b
}

// A program that another process is about to load is run to its end, whatever it is; one that fails what it is asked about says so.
func FuzzSilences(f *testing.F) {
	load, equal, give := uint32(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS), uint32(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K), uint32(unix.BPF_RET|unix.BPF_K)
	silent := [][4]uint32{{load, 0, 0, 0}, {equal, 0, 1, unix.SYS_CONNECT}, {give, 0, 0, unix.SECCOMP_RET_ERRNO | 1}, {give, 0, 0, unix.SECCOMP_RET_ALLOW}}
	if !Silences(program(silent...)) {
		f.Error("a program that fails connect is not told")
	}
	f.Add(program(silent...))
	f.Fuzz(func(t *testing.T, code []byte) {
		if !Silences(code) {
			return
		}
		// What lets all run, put before a program that silences, leaves nothing of it.
		if open := program([4]uint32{give, 0, 0, unix.SECCOMP_RET_ALLOW}); Silences(append(open, code...)) {
			t.Errorf("%x silences behind what lets all run", code)
		}
		// And what fails all, executing too, does not silence alone.
		if closed := program([4]uint32{give, 0, 0, unix.SECCOMP_RET_ERRNO | 1}); Silences(append(closed, code...)) {
			t.Errorf("%x silences behind what fails all", code)
		}
	})
}
