package doctor

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// remedy is what to do about a launch that failed in one way.
type remedy struct {
	step   step
	stage  sys.Stage          // of stepLaunch; zero: any
	errnos []unix.Errno       // none: any
	when   func(h *host) bool // nil: always
	advice string
}

var refused = []unix.Errno{unix.EPERM, unix.EACCES}

// remedies are looked through in order; the first that fits is given.
func remedies() []remedy {
	// A container without a filter around it has no profile to blame.
	contained := func(h *host) bool { return h.container() != "" && !h.wsl() && h.status("Seccomp") == "2" }
	restricted := func(h *host) bool { return probeAppArmor(h).outcome == isMissing }
	switchedOff := func(h *host) bool { return probeUnprivileged(h).outcome == isMissing }
	enforcing := func(h *host) bool { n, err := h.number("sys/fs/selinux/enforce"); return err == nil && n != 0 }
	bareRoot := func(h *host) bool {
		uid, _, err := h.ids()
		return err == nil && uid == "0" && !h.capable(unix.CAP_SETFCAP)
	}
	return []remedy{
		{stepLaunch, 0, nil, func(h *host) bool { return !h.exists("proc/self/status") }, procAdvice},
		{stepLaunch, sys.StageUserNamespace, refused, switchedOff, unprivilegedAdvice},
		{stepLaunch, sys.StageUserNamespace, refused, restricted, appArmorAdvice},
		{stepLaunch, sys.StageUserNamespace, refused, contained, "the container's seccomp profile refuses new namespaces: " + containerAdvice},
		{stepLaunch, sys.StageUserNamespace, refused, enforcing, "SELinux seems to refuse it: see ausearch -m avc -ts recent, and allow user_namespace create for this domain"},
		{stepLaunch, sys.StageUserNamespace, refused, nil, "something refuses user namespaces: a seccomp profile, a security module (see dmesg), or a chroot, in which they cannot be made"},
		{stepLaunch, sys.StageUserNamespace, []unix.Errno{unix.ENOSPC, unix.EUSERS}, nil, "the limit of user namespaces is reached: as root, raise user.max_user_namespaces with sysctl; or 32 of them are nested already"},
		{stepLaunch, sys.StageUserNamespace, []unix.Errno{unix.EINVAL}, nil, "use a kernel built with CONFIG_USER_NS"},
		{stepLaunch, sys.StageUserNamespace, []unix.Errno{unix.ENOSYS}, nil, "a sandbox around this process hides unshare: run codex-dnsvisor outside of it"},
		{stepLaunch, sys.StageMap, refused, bareRoot, "root without CAP_SETFCAP may not map itself: start the container with --cap-add=SETFCAP, or run as an ordinary user"},
		{stepLaunch, sys.StageMap, refused, restricted, appArmorAdvice},
		{stepLaunch, sys.StageMap, refused, nil, "something refuses to map ids (a security module: see dmesg); /proc must not be read-only"},
		{stepLaunch, sys.StageMap, []unix.Errno{unix.EROFS}, nil, "/proc is read-only here: mount it for writing"},
		{stepLaunch, sys.StageNetNamespace, refused, restricted, appArmorAdvice},
		{stepLaunch, sys.StageNetNamespace, refused, contained, "the container's seccomp profile refuses new namespaces: " + containerAdvice},
		{stepLaunch, sys.StageNetNamespace, refused, nil, "the user namespace has no capabilities: a security module takes them (see dmesg)"},
		{stepLaunch, sys.StageNetNamespace, []unix.Errno{unix.ENOSPC, unix.EUSERS}, nil, "the limit of network namespaces is reached: as root, raise user.max_net_namespaces with sysctl"},
		{stepLaunch, sys.StageNetNamespace, []unix.Errno{unix.EINVAL}, nil, "use a kernel built with CONFIG_NET_NS"},
		{stepLaunch, sys.StageSeccomp, []unix.Errno{unix.EBUSY}, (*host).wsl, "WSL's mirrored networking listens to this process already: set networkingMode=nat in .wslconfig, then wsl --shutdown"},
		{stepLaunch, sys.StageSeccomp, []unix.Errno{unix.EBUSY}, nil, "another seccomp supervisor listens to this process already: run codex-dnsvisor outside of it"},
		{stepLaunch, sys.StageSeccomp, []unix.Errno{unix.EINVAL, unix.ENOSYS}, nil, "use a kernel with CONFIG_SECCOMP_FILTER and user notification"},
		{stepLaunch, sys.StageSeccomp, []unix.Errno{unix.ENOMEM}, nil, "the seccomp filters that this process has already leave no room for another: run codex-dnsvisor outside of what loads them"},
		{stepLaunch, sys.StageSeccomp, refused, nil, "a seccomp profile around this process refuses filters; " + containerAdvice},
		{stepLaunch, 0, []unix.Errno{unix.ENOMEM}, nil, "memory is short: with vm.overcommit_memory=2 a run takes some 250 MB of the CommitLimit in /proc/meminfo while it starts"},
		{stepLaunch, 0, []unix.Errno{unix.EAGAIN}, nil, processAdvice},
		{stepListener, 0, refused, nil, lookAdvice},
		{stepTake, 0, refused, nil, lookAdvice},
		{stepMemory, 0, refused, nil, lookAdvice},
		{stepWall, 0, []unix.Errno{unix.EOPNOTSUPP, unix.EAFNOSUPPORT}, nil, "use a kernel built with CONFIG_IP_MULTIPLE_TABLES, and CONFIG_IPV6_MULTIPLE_TABLES where it has IPv6"},
		{stepWall, 0, refused, restricted, appArmorAdvice},
	}
}

const procAdvice = "mount it: mount -t proc proc /proc"

const lookAdvice = "something keeps processes from looking into their children: kernel.yama.ptrace_scope = 3, or a security module (see dmesg)"

// otherwise is for a failure that is no known one.
const otherwise = "see dmesg for what refused it, and the lines above"

// Advice says what to do about a run that failed to start on this machine; "" where that is not known.
func Advice(err error) string {
	step := stepLaunch
	if failed, ok := errors.AsType[*sys.StageError](err); ok && failed.Stage == sys.StageListener {
		step = stepListener
	}
	if advice := thisHost().advise(&trialError{step, err}); advice != otherwise {
		return advice
	}
	return ""
}

// advise says what to do about a launch that failed.
func (h *host) advise(err error) string {
	trial, ok := errors.AsType[*trialError](err)
	if !ok {
		return otherwise
	}
	if lacks, ok := errors.AsType[*sys.FeatureError](err); ok {
		return adviceFor(lacks)
	}
	var stage sys.Stage
	errno, _ := errors.AsType[unix.Errno](err)
	if failed, ok := errors.AsType[*sys.StageError](err); ok {
		stage, errno = failed.Stage, failed.Errno
	}
	for _, r := range remedies() {
		switch {
		case r.step != trial.step, r.stage != 0 && r.stage != stage:
		case len(r.errnos) > 0 && !slices.Contains(r.errnos, errno):
		case r.when != nil && !r.when(h):
		default:
			return r.advice
		}
	}
	return otherwise
}

// adviceFor is that of the feature's own check.
func adviceFor(lacks *sys.FeatureError) string {
	for _, f := range sys.Features() {
		if f.Name == lacks.Name {
			return instead(f)
		}
	}
	return otherwise
}
