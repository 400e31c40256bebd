package doctor

import (
	"context"

	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// Examine looks at this machine as this process sees it: one finding a check, always the same checks in the same
// order. It changes nothing, sends no packet and leaves no process; a canceled ctx ends the launch that it tries.
func Examine(ctx context.Context) []Finding {
	h := thisHost()
	return examine(h, checks(), try(ctx, supervisor.MapIDs))
}

// launchCheck is the name of the check that a real launch is.
const launchCheck = "launch"

// examine is Examine, given the host, the table and how a launch went.
func examine(h *host, table []check, launch error) []Finding {
	var findings []Finding
	for _, c := range table {
		findings = append(findings, c.settle(h, c.probe(h), launch == nil))
	}
	c := check{name: launchCheck, required: true}
	last := c.settle(h, probeTrial(h, launch), launch == nil)
	for _, f := range findings {
		if f.Advice != "" && f.Advice == last.Advice {
			last.Advice = "as for " + f.Check + ", above"
		}
	}
	return append(findings, last)
}

// Least limits. A run has some twenty descriptors, and one more for each question and TCP client at work.
const (
	leastFiles     = 256
	leastProcesses = 64
)

// checks is what a run wants of a machine.
func checks() []check {
	return []check{
		{name: "kernel", since: floor, required: true, probe: probeKernel, advice: "use a newer kernel"},
		{name: "architecture", required: true, probe: probeArch, advice: "there is no filter for this architecture"},
		{name: "container", probe: probeContainer},
		{name: "seccomp notification", since: version{5, 0}, required: true, proven: true, probe: probeNotification, advice: "use a kernel with CONFIG_SECCOMP_FILTER"},
		{name: "seccomp filters here", probe: probeFilters},
		{name: "internet sockets", required: true, probe: probeSockets},
		{name: "WAIT_KILLABLE_RECV", since: version{5, 19}, probe: probeKillable, advice: "a signal to a waiting program makes it ask again: answers are as right, and may be slower"},
		{name: "SPEC_ALLOW", since: version{4, 17}, probe: probeSpeculation, advice: "programs run slower under a filter, for its protection against speculation"},
		{name: "SYNC_WAKE_UP", since: version{6, 6}, probe: bySince(version{6, 6}), advice: "each caught call takes some microseconds longer"},
		{
			name: "pidfd_getfd", since: version{5, 6}, required: true, proven: true, advice: "use a newer kernel",
			probe: tried(func(p process) func() error { return p.getFD }),
		},
		{
			name: "PIDFD_THREAD", since: version{6, 9}, advice: "a thread with a descriptor table of its own (rare) is answered all the same, and the log cannot say who asked",
			probe: tried(func(p process) func() error { return p.threadFD }),
		},
		{
			name: "process_vm_readv", since: version{3, 2}, required: true, proven: true, advice: "use a kernel with CONFIG_CROSS_MEMORY_ATTACH",
			probe: tried(func(p process) func() error { return p.readMemory }),
		},
		{
			name: "openat2", since: version{5, 6}, advice: "--unix=guard refuses every AF_UNIX socket that it cannot look at",
			probe: tried(func(p process) func() error { return p.openBeneath }),
		},
		{name: "user namespaces", required: true, proven: true, probe: probeNamespace("user", "max_user_namespaces", "CONFIG_USER_NS")},
		{name: "unprivileged use", required: true, proven: true, probe: probeUnprivileged},
		{name: "AppArmor", required: true, proven: true, probe: probeAppArmor},
		{name: "SELinux", probe: probeSELinux},
		{name: "network namespaces", required: true, proven: true, probe: probeNamespace("net", "max_net_namespaces", "CONFIG_NET_NS")},
		{name: "Yama", required: true, proven: true, probe: probeYama},
		{name: "/proc", required: true, probe: probeProc},
		{name: "/proc children", since: version{3, 5}, required: true, proven: true, probe: probeChildren, advice: "use a kernel with CONFIG_PROC_CHILDREN"},
		{name: "IPv6", probe: probeIPv6},
		{name: "resolv.conf", probe: probeResolvConf, advice: "nothing is asked of the upstream \"system\": give --upstream, or static records"},
		{name: "nsswitch.conf", probe: probeNSSwitch},
		{name: "open files", probe: probeLimit("nofile", leastFiles), advice: "raise it with ulimit -n: questions fail when it is used up"},
		{name: "processes", probe: probeLimit("nproc", leastProcesses), advice: "raise it with ulimit -u: a run starts a dozen threads beside the command"},
	}
}
