package filter

import (
	"embed"
	"errors"
	"fmt"
	"slices"

	seccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// Own says for what a process of ours confines itself.
type Own struct {
	Arch Arch // as in Options
	Unix Unix // of the command; UnixGuard has paths looked at
	// Serves says that it answers at a socket and looks into nobody; else it supervises a tree.
	Serves bool
	// Rotates says that it renames its log and makes another.
	Rotates bool
}

// compiled are the programs of every Own, since compiling one takes most of a millisecond. TestOwnIsCompiled writes them.
//
//go:embed own/*.bpf
var compiled embed.FS

func (o Own) file() string {
	kind := "run"
	switch {
	case o.Serves:
		kind = "forward"
	case o.Unix != UnixGuard:
		kind = "run-unsearched"
	}
	if o.Rotates {
		kind += "-rotating"
	}
	return "own/" + string(o.Arch) + "-" + kind + ".bpf"
}

// Program returns what Build compiles, as seccomp(2) takes it.
func (o Own) Program() ([]byte, error) { return compiled.ReadFile(o.file()) }

// Build compiles an allowlist: what is not on it fails with EPERM, and what has no honest use in a process that runs since long ends it.
func (o Own) Build() ([]Instruction, error) {
	all, err := abis(o.Arch)
	if err != nil {
		return nil, err
	}
	native := all[0] // a call of another ABI ends the process
	if err := seccomp.SetAPI(notifyAPI); err != nil {
		return nil, fmt.Errorf("libseccomp is too old: %w", err)
	}
	f, err := seccomp.NewFilter(errno(unix.EPERM))
	if err != nil {
		return nil, err
	}
	defer f.Release()
	const tree = 2 // SCMP_FLTATR_CTL_OPTIMIZE: a search tree in place of a list
	if err := errors.Join(only(f, native.arch), f.SetBadArchAction(seccomp.ActKillProcess), f.SetOptimize(tree)); err != nil {
		return nil, err
	}
	for _, r := range o.rules() {
		if err := add(f, r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.call, err)
		}
	}
	return export(f)
}

// ordinary are the calls of the Go runtime, its network poller and the C library for as long as they run, and ours of every kind.
var ordinary = []string{
	// memory and threads
	"brk", "madvise", "mincore", "mremap", "munmap", "futex", "set_robust_list", "rseq", "sched_getaffinity", "sched_yield", "gettid", "exit", "exit_group",
	// time and signals
	"clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep", "time", "timer_create", "timer_delete", "timer_settime", "setitimer",
	"restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "kill", "tgkill", "wait4", "waitid",
	// who we are
	"getcwd", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "getuid", "uname",
	// descriptors
	"close", "dup", "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "fcntl", "fsync", "lseek", "pipe2", "poll", "ppoll",
	"pread64", "pwrite64", "read", "readv", "splice", "write", "writev",
	// files
	"access", "faccessat", "faccessat2", "fstat", "getdents64", "inotify_add_watch", "inotify_init1", "inotify_rm_watch", "lstat", "newfstatat", "readlink", "readlinkat", "stat", "statx",
	// sockets
	"accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
}

// looking are the calls that look into a target.
var looking = []string{"kcmp", "pidfd_getfd", "pidfd_open", "process_vm_readv"}

// never are calls that only somebody else's code would make here.
var never = []string{
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_writev",
	"bpf", "finit_module", "init_module", "kexec_file_load", "kexec_load",
}

func (o Own) rules() []rule {
	var rules []rule
	for _, call := range ordinary {
		rules = append(rules, rule{call: call, then: seccomp.ActAllow})
	}
	for _, call := range never {
		rules = append(rules, rule{call: call, then: seccomp.ActKillProcess})
	}
	// The C library asks clone for the thread in its place: flags that lie in memory cannot be looked at.
	rules = append(rules, rule{call: "clone3", then: errno(unix.ENOSYS)})
	return slices.Concat(rules, narrow(), o.particular())
}

// narrow are the calls that are allowed with some arguments: threads and no processes, memory that is not code, sockets that we use.
func narrow() []rule {
	const lower = 0xffffffff
	rules := []rule{
		when("clone", where{mask: unix.CLONE_THREAD, value: unix.CLONE_THREAD}),
		when("mmap", where{arg: 2, mask: unix.PROT_EXEC}),
		when("mprotect", where{arg: 2, mask: unix.PROT_EXEC}),
		when("getrlimit"),
		when("prlimit64", where{arg: 0, mask: lower}), // our own
	}
	for _, option := range []uint64{unix.PR_SET_NAME, unix.PR_SET_VMA, unix.PR_SET_DUMPABLE} {
		rules = append(rules, when("prctl", where{mask: lower, value: option}))
	}
	for _, family := range []uint64{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK} {
		rules = append(rules, when("socket", where{mask: lower, value: family}))
	}
	return rules
}

// rotating are those of a process that gives its log's name to a new file. It still writes no file over, but renaming may replace one.
func rotating() []rule {
	const makes = unix.O_CREAT | unix.O_EXCL | unix.O_TRUNC | unix.O_ACCMODE
	return []rule{
		when("openat", where{arg: 2, mask: makes, value: unix.O_CREAT | unix.O_EXCL | unix.O_WRONLY}),
		when("openat", where{arg: 2, mask: makes | unix.O_APPEND, value: unix.O_WRONLY | unix.O_APPEND}), // that another has made
		when("renameat"),
	}
}

// particular are the rules of one kind of process. None makes a longer file shorter, and none makes one, but where a log is rotated.
func (o Own) particular() []rule {
	const makes = unix.O_CREAT | unix.O_TRUNC
	var rules []rule
	if o.Rotates {
		rules = rotating()
	}
	if o.Serves {
		return append(rules, when("openat", where{arg: 2, mask: makes | unix.O_ACCMODE}), when("unlinkat"))
	}
	rules = append(rules, when("openat", where{arg: 2, mask: makes})) // a target's memory is written to
	for _, call := range looking {
		rules = append(rules, when(call))
	}
	if o.Unix == UnixGuard {
		rules = append(rules, when("openat2"))
	}
	for _, request := range []uint64{
		unix.SECCOMP_IOCTL_NOTIF_RECV, unix.SECCOMP_IOCTL_NOTIF_SEND, unix.SECCOMP_IOCTL_NOTIF_ID_VALID, notifyIDValidOld,
		unix.SIOCGSKNS, nsGetUserNS, nsGetParent, unix.SIOCOUTQ,
	} {
		rules = append(rules, when("ioctl", where{arg: 1, mask: 0xffffffff, value: request}))
	}
	return rules
}

const (
	notifyIDValidOld = 0x80082102 // SECCOMP_IOCTL_NOTIF_ID_VALID before Linux 5.9
	nsGetUserNS      = 0xb701     // NS_GET_USERNS, linux/nsfs.h
	nsGetParent      = 0xb702     // NS_GET_PARENT
)

// when allows a call under conditions.
func when(call string, conditions ...where) rule {
	return rule{call: call, where: conditions, then: seccomp.ActAllow}
}
