package doctor

import (
	"context"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// Examine looks at this machine as this process sees it: one finding a check, always the same checks in the same
// order. It changes nothing, sends no packet and leaves no process; a canceled ctx ends the launch that it tries.
func Examine(ctx context.Context) []Finding {
	h := thisHost()
	launch := try(ctx, supervisor.MapIDs, func(s sys.WallSockets) { h.farEnd = supervisor.TryFarEnd(s) })
	return examine(h, checks(sys.Features()), launch)
}

// launchCheck is the name of the check that a real launch is.
const launchCheck = "launch"

// examine is Examine, given the host, the table and how a launch went.
func examine(h *host, table []check, launch error) []Finding {
	var findings []Finding
	for _, c := range table {
		findings = append(findings, c.examine(h, launch == nil))
	}
	c := check{name: launchCheck, required: true}
	c.probe = func(h *host) answer { return probeTrial(h, launch) }
	last := c.examine(h, launch == nil)
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

// checks is what a run wants of a machine; features are the table of what it uses of the kernel.
func checks(features []sys.Feature) []check {
	all := []check{
		{name: "kernel", since: floor, required: true, probe: probeKernel, advice: "use a newer kernel"},
		{name: "architecture", required: true, probe: probeArch, advice: "there is no filter for this architecture"},
		{name: "container", probe: probeContainer},
		{name: "seccomp filters here", probe: probeFilters},
		{name: "internet sockets", required: true, probe: probeSockets},
	}
	for _, f := range features {
		all = append(all, ofKernel(f))
	}
	return append(all, []check{
		{name: "user namespaces", required: true, proven: true, probe: probeNamespace("user", "max_user_namespaces", "CONFIG_USER_NS")},
		{name: "unprivileged use", required: true, proven: true, probe: probeUnprivileged},
		{name: "AppArmor", required: true, proven: true, probe: probeAppArmor},
		{name: "SELinux", probe: probeSELinux},
		{name: "network namespaces", required: true, proven: true, probe: probeNamespace("net", "max_net_namespaces", "CONFIG_NET_NS")},
		{name: "others' networks", probe: probeFarEnd, advice: "update the kernel: Linux commit 7b735ef81286 mends it; or give commands a PID namespace of their own: SECURITY.md"},
		{name: "Yama", required: true, proven: true, probe: probeYama},
		{name: "/proc", required: true, probe: probeProc},
		{name: "resolv.conf", probe: probeResolvConf, advice: "nothing is asked of the upstream \"system\": give --upstream, or static records"},
		{name: "nsswitch.conf", probe: probeNSSwitch},
		{name: "open files", probe: probeLimit("nofile", leastFiles), advice: "raise it with ulimit -n: questions fail when it is used up"},
		{name: "cgroup", required: true, probe: probeCgroup},
		{name: "processes", probe: probeLimit("nproc", leastProcesses), advice: "raise it with ulimit -u: a run starts a dozen threads beside the command"},
	}...)
}
