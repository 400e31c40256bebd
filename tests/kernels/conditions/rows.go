package conditions

// Rows are all conditions.
var Rows = []Row{
	{Name: "plain", Set: "nothing"},
	{
		Name: "unprivileged-userns-off", Set: "`kernel.unprivileged_userns_clone=0`", Needs: "/proc/sys/kernel/unprivileged_userns_clone",
		Sysctls: map[string]string{"kernel/unprivileged_userns_clone": "0"},
		User:    Sight{Says: "make a user namespace: operation not permitted", Hint: "sysctl -w kernel.unprivileged_userns_clone=1", Finding: "kernel.unprivileged_userns_clone = 0"},
	},
	{
		Name: "apparmor-without-capabilities", Set: "an AppArmor profile around it that gives no capability, as Ubuntu's for who is not allowed user namespaces",
		Needs: "/sys/module/apparmor", Around: shell(profiled),
		Root: Sight{Says: "make a network namespace: operation not permitted", Hint: "a security module", Finding: "make a network namespace"},
		User: Sight{Says: "make a network namespace: operation not permitted", Hint: "a security module", Finding: "make a network namespace"},
	},
	{
		Name: "no-more-userns", Set: "`user.max_user_namespaces=0`", Sysctls: map[string]string{"user/max_user_namespaces": "0"},
		Root: Sight{Says: "make a user namespace: no space left on device", Hint: "user.max_user_namespaces", Finding: "user.max_user_namespaces = 0"},
		User: Sight{Says: "make a user namespace: no space left on device", Hint: "user.max_user_namespaces", Finding: "user.max_user_namespaces = 0"},
	},
	{
		Name: "no-more-netns", Set: "`user.max_net_namespaces=0`", Sysctls: map[string]string{"user/max_net_namespaces": "0"},
		Root: Sight{Says: "make a network namespace: no space left on device", Hint: "user.max_net_namespaces", Finding: "user.max_net_namespaces = 0"},
		User: Sight{Says: "make a network namespace: no space left on device", Hint: "user.max_net_namespaces", Finding: "user.max_net_namespaces = 0"},
	},
	{Name: "yama-1", Set: "`kernel.yama.ptrace_scope=1`", Needs: "/proc/sys/kernel/yama/ptrace_scope", Sysctls: map[string]string{"kernel/yama/ptrace_scope": "1"}},
	{Name: "yama-2", Set: "`kernel.yama.ptrace_scope=2`", Needs: "/proc/sys/kernel/yama/ptrace_scope", Sysctls: map[string]string{"kernel/yama/ptrace_scope": "2"}},
	{
		Name: "yama-3", Set: "`kernel.yama.ptrace_scope=3`", Needs: "/proc/sys/kernel/yama/ptrace_scope", Alone: true, Sysctls: map[string]string{"kernel/yama/ptrace_scope": "3"},
		Root: Sight{Says: "take the listener: operation not permitted", Hint: "kernel.yama.ptrace_scope", Finding: "kernel.yama.ptrace_scope = 3"},
		User: Sight{Says: "take the listener: operation not permitted", Hint: "kernel.yama.ptrace_scope", Finding: "kernel.yama.ptrace_scope = 3"},
	},
	{Name: "ipv6-off-by-sysctl", Set: "`net.ipv6.conf.{all,default}.disable_ipv6=1`", Sysctls: map[string]string{"net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1"}},
	{Name: "ipv6-off-at-boot", Set: "boot with `ipv6.disable=1`", Boot: "ipv6.disable=1"},
	{Name: "hidepid", Set: "`/proc` mounted with `hidepid=2`", Around: shell("busybox mount -t proc -o hidepid=2 proc /proc")},
	{
		Name: "no-proc", Set: "no `/proc`", Around: shell("busybox umount -l /proc"),
		Root: Sight{Says: "/proc is not mounted", Hint: "mount -t proc proc /proc", Finding: "proc/self/status"},
		User: Sight{Says: "/proc is not mounted", Hint: "mount -t proc proc /proc", Finding: "proc/self/status"},
	},
	{Name: "read-only-root", Set: "every file system read-only", Around: shell("busybox mount -o remount,bind,ro /")},
	{Name: "few-descriptors", Set: "`ulimit -n 64`", Around: []string{"prlimit", "--nofile=64:64"}},
	{Name: "io-uring-off", Set: "`kernel.io_uring_disabled=2`", Needs: "/proc/sys/kernel/io_uring_disabled", Sysctls: map[string]string{"kernel/io_uring_disabled": "2"}},
	{Name: "no-overcommit", Set: "`vm.overcommit_memory=2`, with 320 MiB left below the CommitLimit", Left: 320, Sysctls: map[string]string{"vm/overcommit_memory": "2"}},
	{Name: "time-namespace", Set: "a time namespace whose clocks are 100,000 s ahead", Around: []string{"unshare", "--time", "--fork", "--monotonic", "100000", "--boottime", "100000"}},
	{Name: "twenty-filters", Set: "20 seccomp filters around it", Around: filters("20")},
	{
		Name: "no-more-filters", Set: "as many seccomp filters around it as the kernel takes", Around: filters("full"),
		Root: Sight{Says: "load the seccomp filter: cannot allocate memory", Hint: "no room for another", Finding: "load the seccomp filter"},
		User: Sight{Says: "load the seccomp filter: cannot allocate memory", Hint: "no room for another", Finding: "load the seccomp filter"},
	},
	{
		Name: "few-processes", Set: "a cgroup with `pids.max` of 8", Around: shell("busybox mount -t cgroup2 none /sys/fs/cgroup; cd /sys/fs/cgroup; echo +pids >cgroup.subtree_control; mkdir -p few; echo 8 >few/pids.max; echo $$ >few/cgroup.procs; cd /"),
		Root: Sight{Says: "resource temporarily unavailable", Hint: "pids.max", Finding: "pids.max of /few"},
		User: Sight{Says: "resource temporarily unavailable", Hint: "pids.max", Finding: "pids.max of /few"},
	},
	{Name: "one-cpu", Set: "1 CPU", CPUs: 1},
	{Name: "eight-cpus", Set: "8 CPUs", CPUs: 8},
}

// profiled loads a profile for as long as the command runs.
const profiled = `busybox mount -t securityfs none /sys/kernel/security
profile() { echo 'profile condition /tests/codex-dnsvisor { file, /** ix, network, unix, signal, ptrace, mount, umount, pivot_root, }' | apparmor_parser --skip-cache --quiet "$1" 2>/dev/null; }
profile --replace
"$@" && status=0 || status=$?
profile --remove
exit $status`
