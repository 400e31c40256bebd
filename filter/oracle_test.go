package filter

import (
	"slices"

	"golang.org/x/sys/unix"
)

// What a filter must do, written from the rules' text alone, without libseccomp.

const (
	auditX86_64  = 0xc000003e // AUDIT_ARCH_*, linux/audit.h
	auditI386    = 0x40000003
	auditAArch64 = 0xc00000b7
	auditARM     = 0x40000028
	auditRISCV64 = 0xc00000f3
	x32Bit       = 0x40000000
)

// numbers are what the oracle knows of one ABI.
type numbers struct {
	name       string
	audit      uint32
	bit        int32 // added to every number
	native     map[string]int32
	refused    []int32
	requestKey int32
	ioctl      int32
}

// syscall numbers: arch/x86/entry/syscalls/syscall_64.tbl, syscall_32.tbl; include/uapi/asm-generic/unistd.h;
// arch/arm/tools/syscall.tbl.
var oracles = map[Arch][]numbers{
	AMD64: {
		{name: "x86-64", audit: auditX86_64, requestKey: 249, ioctl: 16, native: map[string]int32{
			"seccomp": 317, "prctl": 157, "connect": 42, "sendto": 44, "sendmsg": 46, "sendmmsg": 307, "io_uring_setup": 425, "socket": 41, "socketpair": 53,
		}},
		{name: "i386", audit: auditI386, requestKey: 287, ioctl: 54, refused: []int32{
			102, 359, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369, 370, 371, 372, 373, 345, 337, 417, 425,
		}},
		{name: "x32", audit: auditX86_64, bit: x32Bit, requestKey: 249, ioctl: 514, refused: []int32{
			41, 42, 43, 44, 48, 49, 50, 51, 52, 53, 288, 425, 517, 518, 519, 537, 538, 541, 542,
		}},
	},
	ARM64: {
		{name: "AArch64", audit: auditAArch64, requestKey: 218, ioctl: 29, native: map[string]int32{
			"seccomp": 277, "prctl": 167, "connect": 203, "sendto": 206, "sendmsg": 211, "sendmmsg": 269, "io_uring_setup": 425, "socket": 198, "socketpair": 199,
		}},
		{name: "AArch32", audit: auditARM, requestKey: 310, ioctl: 54, refused: []int32{
			281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 294, 295, 296, 297, 365, 366, 374, 417, 425,
		}},
	},
}

const (
	retAllow  = unix.SECCOMP_RET_ALLOW
	retNotify = unix.SECCOMP_RET_USER_NOTIF
	retKill   = unix.SECCOMP_RET_KILL_PROCESS
)

func retErrno(e unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }

// want is what must happen to a call.
func want(o Options, d data) uint32 {
	for _, abi := range oracles[o.Arch] {
		if d.arch == abi.audit && (d.arch != auditX86_64 || d.nr >= 0 && d.nr&x32Bit == abi.bit) {
			if o.Host {
				return abi.wantAtHost(o.Unix, d)
			}
			return abi.want(o.Unix, d)
		}
	}
	if d.arch == auditX86_64 && o.Arch == AMD64 {
		return retAllow // a negative number: the kernel has no such call (ENOSYS)
	}
	return retKill
}

// wantAtHost is want where only what sandboxes ask is caught, and io_uring.
func (n numbers) wantAtHost(u Unix, d data) uint32 {
	nr := d.nr &^ n.bit
	switch {
	case nr == 425:
		return retErrno(unix.ENOSYS)
	case n.native == nil:
		return retAllow
	case nr == n.native["socket"]:
		if uint32(d.args[0]) == unix.AF_UNIX && u == UnixNone {
			return retErrno(unix.EAFNOSUPPORT)
		}
		return retAllow
	}
	for _, call := range []string{"connect", "sendto", "sendmsg", "sendmmsg", "seccomp", "prctl"} {
		if nr == n.native[call] {
			return wantNative(u, call, d)
		}
	}
	return retAllow
}

func (n numbers) want(u Unix, d data) uint32 {
	nr := d.nr &^ n.bit
	if nr == n.requestKey && n.native != nil && d.args[2] != 0 {
		return retErrno(unix.ENOKEY)
	}
	if nr == n.requestKey && n.native == nil {
		return retErrno(unix.ENOSYS)
	}
	if request := uint32(d.args[1]); nr == n.ioctl && (request == 0x5412 || request == 0x541c) {
		return retErrno(unix.EPERM)
	}
	if slices.Contains(n.refused, nr) {
		return retErrno(unix.ENOSYS)
	}
	for call, number := range n.native {
		if nr == number {
			return wantNative(u, call, d)
		}
	}
	return retAllow
}

func wantNative(u Unix, call string, d data) uint32 {
	switch call {
	case "connect", "sendmsg", "sendmmsg":
		return retNotify
	case "seccomp":
		if uint32(d.args[0]) == unix.SECCOMP_SET_MODE_FILTER {
			return retNotify
		}
	case "prctl":
		if uint32(d.args[0]) == unix.PR_SET_SECCOMP {
			return retNotify
		}
	case "sendto":
		if d.args[4] != 0 {
			return retNotify
		}
	case "io_uring_setup":
		return retErrno(unix.ENOSYS)
	case "socket":
		switch uint32(d.args[0]) {
		case unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK:
			return retAllow
		case unix.AF_UNIX:
			if u == UnixGuard {
				return retAllow
			}
		}
		return retErrno(unix.EAFNOSUPPORT)
	case "socketpair":
		if uint32(d.args[0]) == unix.AF_TIPC {
			return retErrno(unix.EAFNOSUPPORT)
		}
	}
	return retAllow
}
