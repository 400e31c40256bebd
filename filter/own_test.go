package filter

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func owns() []Own {
	var all []Own
	for _, arch := range []Arch{AMD64, ARM64} {
		for _, rotates := range []bool{false, true} {
			all = append(all, Own{Arch: arch, Rotates: rotates}, Own{Arch: arch, Unix: UnixNone, Rotates: rotates}, Own{Arch: arch, Serves: true, Rotates: rotates})
		}
	}
	return all
}

func TestOwnIsCompiled(t *testing.T) {
	for _, o := range owns() {
		insns, err := o.Build()
		if err != nil {
			t.Fatal(err)
		}
		checkCompiled(t, o.file(), Encode(insns), o.Program)
	}
}

// ownNumbers are the numbers of one machine's calls that the test asks about: unistd_64.h and asm-generic/unistd.h.
var ownNumbers = map[Arch]map[string]int32{
	AMD64: {
		"read": 0, "futex": 202, "socket": 41, "clone": 56, "clone3": 435, "mmap": 9, "mprotect": 10, "ioctl": 16, "prctl": 157, "openat": 257, "openat2": 437,
		"execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "ptrace": 101, "process_vm_writev": 311, "process_vm_readv": 310, "pidfd_getfd": 438, "bpf": 321, "init_module": 175,
		"unlinkat": 263, "renameat": 264, "mount": 165, "setns": 308, "unshare": 272, "setuid": 105, "chmod": 90, "fchmodat": 268, "renameat2": 316, "linkat": 265, "symlinkat": 266,
		"mkdirat": 258, "capset": 126, "seccomp": 317, "prlimit64": 302, "io_uring_setup": 425, "keyctl": 250, "chroot": 161, "userfaultfd": 323, "memfd_create": 319, "personality": 135,
	},
	ARM64: {
		"read": 63, "futex": 98, "socket": 198, "clone": 220, "clone3": 435, "mmap": 222, "mprotect": 226, "ioctl": 29, "prctl": 167, "openat": 56, "openat2": 437,
		"execve": 221, "execveat": 281, "ptrace": 117, "process_vm_writev": 271, "process_vm_readv": 270, "pidfd_getfd": 438, "bpf": 280, "init_module": 105,
		"unlinkat": 35, "renameat": 38, "mount": 40, "setns": 268, "unshare": 97, "setuid": 146, "fchmodat": 53, "renameat2": 276, "linkat": 37, "symlinkat": 36,
		"mkdirat": 34, "capset": 91, "seccomp": 277, "prlimit64": 261, "io_uring_setup": 425, "keyctl": 219, "chroot": 51, "userfaultfd": 282, "memfd_create": 279, "personality": 92,
	},
}

const (
	isAllowed = retAllow
	isKilled  = retKill
)

var (
	isRefused = retErrno(unix.EPERM)
	isUnknown = retErrno(unix.ENOSYS)
)

// verdict is what becomes of a call, of one kind of process ("" is every).
type verdict struct {
	kind string
	call string
	args [6]uint64
	want uint32
}

func verdicts() []verdict {
	const high = 1 << 40 // of no meaning to the kernel where it takes an int
	all := []verdict{
		{"", "read", [6]uint64{}, isAllowed},
		{"", "futex", [6]uint64{}, isAllowed},
		{"", "clone", [6]uint64{unix.CLONE_VM | unix.CLONE_THREAD | unix.CLONE_SIGHAND}, isAllowed},
		{"", "clone", [6]uint64{unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD)}, isRefused},
		{"", "clone", [6]uint64{uint64(unix.SIGCHLD)}, isRefused},
		{"", "clone3", [6]uint64{0x1000, 88}, isUnknown},
		{"", "mmap", [6]uint64{0, 4096, unix.PROT_READ | unix.PROT_WRITE}, isAllowed},
		{"", "mmap", [6]uint64{0, 4096, unix.PROT_READ | unix.PROT_EXEC}, isRefused},
		{"", "mprotect", [6]uint64{0x1000, 4096, unix.PROT_EXEC}, isRefused},
		{"", "mprotect", [6]uint64{0x1000, 4096, unix.PROT_READ}, isAllowed},
		{"", "prctl", [6]uint64{unix.PR_SET_NAME}, isAllowed},
		{"", "prctl", [6]uint64{unix.PR_SET_SECCOMP}, isRefused},
		{"", "prctl", [6]uint64{unix.PR_SET_PTRACER, high - 1}, isRefused},
		{"", "prlimit64", [6]uint64{0, unix.RLIMIT_NOFILE}, isAllowed},
		{"", "prlimit64", [6]uint64{1, unix.RLIMIT_NOFILE}, isRefused},
		{"", "openat", [6]uint64{0, 0, unix.O_RDONLY | unix.O_CLOEXEC}, isAllowed},
		{"", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CREAT}, isRefused},
		{"", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_TRUNC | high}, isRefused},
		{"run", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CLOEXEC}, isAllowed},
		{"run-unsearched", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CLOEXEC}, isAllowed},
		{"forward", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CLOEXEC}, isRefused},
		{"forward", "openat", [6]uint64{0, 0, unix.O_RDWR}, isRefused},
		{"run", "openat2", [6]uint64{}, isAllowed},
		{"run-unsearched", "openat2", [6]uint64{}, isRefused},
		{"forward", "openat2", [6]uint64{}, isRefused},
		{"run", "unlinkat", [6]uint64{}, isRefused},
		{"run-rotating", "unlinkat", [6]uint64{}, isRefused},
		{"run", "renameat", [6]uint64{}, isRefused},
		{"run-unsearched", "renameat", [6]uint64{}, isRefused},
		{"forward", "renameat", [6]uint64{}, isRefused},
		{"", "openat", [6]uint64{0, 0, unix.O_RDWR | unix.O_CREAT | unix.O_EXCL}, isRefused},
		{"", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_TRUNC}, isRefused},
		{"run", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL}, isRefused},
		{"forward", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_APPEND}, isRefused},
		{"forward-rotating", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_APPEND | unix.O_NOFOLLOW}, isAllowed},
		{"forward-rotating", "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CLOEXEC}, isRefused},
		{"forward-rotating", "openat", [6]uint64{0, 0, unix.O_RDWR | unix.O_APPEND}, isRefused},
		{"forward", "unlinkat", [6]uint64{}, isAllowed},
		{"run", "ioctl", [6]uint64{5, unix.SECCOMP_IOCTL_NOTIF_RECV}, isAllowed},
		{"run", "ioctl", [6]uint64{5, unix.SIOCGSKNS}, isAllowed},
		{"run", "ioctl", [6]uint64{5, unix.TIOCSTI}, isRefused},
		{"forward", "ioctl", [6]uint64{5, unix.SECCOMP_IOCTL_NOTIF_RECV}, isRefused},
	}
	for _, call := range []string{"process_vm_readv", "pidfd_getfd"} {
		all = append(all, verdict{"run", call, [6]uint64{}, isAllowed}, verdict{"run-unsearched", call, [6]uint64{}, isAllowed}, verdict{"forward", call, [6]uint64{}, isRefused})
	}
	for _, kind := range []string{"run-rotating", "run-unsearched-rotating", "forward-rotating"} {
		all = append(all, verdict{kind, "renameat", [6]uint64{}, isAllowed},
			verdict{kind, "openat", [6]uint64{0, 0, unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_APPEND | unix.O_CLOEXEC}, isAllowed})
	}
	for _, call := range []string{
		"mount", "setns", "unshare", "setuid", "chmod", "fchmodat", "renameat2", "linkat", "symlinkat", "mkdirat", "capset", "seccomp", "io_uring_setup", "keyctl",
		"chroot", "userfaultfd", "memfd_create", "personality",
	} {
		all = append(all, verdict{"", call, [6]uint64{}, isRefused})
	}
	for _, call := range []string{"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_writev", "bpf", "init_module"} {
		all = append(all, verdict{"", call, [6]uint64{}, isKilled})
	}
	for family := range uint64(64) {
		want := isRefused
		if slices.Contains([]uint64{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}, family) {
			want = isAllowed
		}
		all = append(all, verdict{"", "socket", [6]uint64{family, unix.SOCK_STREAM}, want}, verdict{"", "socket", [6]uint64{family | high, unix.SOCK_STREAM}, want})
	}
	return all
}

// audits are the machines' own ABIs.
var audits = map[Arch]uint32{AMD64: auditX86_64, ARM64: auditAArch64}

func TestOwn(t *testing.T) {
	for _, o := range owns() {
		t.Run(o.file(), func(t *testing.T) {
			program, err := o.Build()
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range verdicts() {
				nr, known := ownNumbers[o.Arch][v.call]
				if v.kind != "" && "own/"+string(o.Arch)+"-"+v.kind+".bpf" != o.file() || !known {
					continue
				}
				got, err := interpret(program, data{nr: nr, arch: audits[o.Arch], args: v.args})
				if err != nil || got != v.want {
					t.Errorf("%s with %#x: action %#x, want %#x (%v)", v.call, v.args, got, v.want, err)
				}
			}
		})
	}
}

// The rest is refused, and another ABI ends the process.
func TestOwnRefusesEverythingElse(t *testing.T) {
	for _, o := range owns() {
		program, err := o.Build()
		if err != nil {
			t.Fatal(err)
		}
		allowed := map[uint32]int{}
		for _, nr := range calls() {
			for _, arch := range []uint32{auditX86_64, auditI386, auditAArch64, auditARM, auditRISCV64, 0} {
				got, err := interpret(program, data{nr: nr, arch: arch})
				if err != nil {
					t.Fatal(err)
				}
				foreign := arch != audits[o.Arch] || arch == auditX86_64 && nr&x32Bit != 0 && nr > 0
				if foreign && got != isKilled {
					t.Errorf("%s: call %#x of arch %#x: action %#x", o.file(), nr, arch, got)
				}
				if !foreign {
					allowed[got]++
				}
			}
		}
		if most := len(ordinary) + 20; allowed[isAllowed] > most || allowed[isRefused] < 800 {
			t.Errorf("%s: %d calls allowed, %d refused", o.file(), allowed[isAllowed], allowed[isRefused])
		}
	}
}

func TestOwnOfAnUnknownArchitecture(t *testing.T) {
	o := Own{Arch: "mips"}
	if _, err := o.Build(); err == nil {
		t.Error("a filter for mips was built")
	}
	if _, err := o.Program(); err == nil {
		t.Errorf("%s is there", o.file())
	}
}
