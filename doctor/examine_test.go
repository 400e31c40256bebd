package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

func TestSettle(t *testing.T) {
	must, may := check{name: "x", required: true, advice: "own"}, check{name: "x", advice: "own"}
	proven := check{name: "x", required: true, proven: true, advice: "own"}
	young := check{name: "x", since: version{6, 9}, advice: "own"}
	for _, c := range []struct {
		name     string
		check    check
		answer   answer
		launched bool
		want     Finding
	}{
		{"there", must, yes("f"), false, Finding{"x", OK, "f", "", "", ""}},
		{"missing and required", must, no("f"), true, Finding{"x", Failure, "f", "own", "", ""}},
		{"missing, a loss", may, no("f"), true, Finding{"x", Warning, "f", "own", "", ""}},
		{"advice of the probe's own", may, noBut("f", "its"), true, Finding{"x", Warning, "f", "its", "", ""}},
		{"not to tell", must, unknown("f"), true, Finding{"x", Unknown, "f", "", "", ""}},
		{"missing, but a launch works", proven, noBut("f", "its"), true, Finding{"x", OK, "f; a launch works all the same", "", "", ""}},
		{"not to tell, but a launch works", proven, unknown("f"), true, Finding{"x", OK, "f; a launch works all the same", "", "", ""}},
		{"missing, and no launch works", proven, no("f"), false, Finding{"x", Failure, "f", "own", "", ""}},
		{"not to tell, and no launch works", proven, unknown("f"), false, Finding{"x", Unknown, "f", "", "", ""}},
		{"older than the feature", young, no("f"), true, Finding{"x", Warning, "f (since Linux 6.9)", "own", "", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.check.settle(machine("6.1.0", nil), c.answer, c.launched); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
	if got := young.settle(machine("6.9.0", nil), no("f"), true); got.Found != "f" {
		t.Errorf("on a kernel that should have it: %+v", got)
	}
}

// stubborn is a process in which every call answers the same.
func stubborn(err error) process { return process{func() error { return err }} }

// without is the table of features on a kernel that has none of them.
func without(why error) []sys.Feature {
	features := sys.Features()
	for i := range features {
		features[i].Probe = func() (sys.Presence, error) { return sys.Missing, why }
	}
	return features
}

func TestEveryCheckOfTheTable(t *testing.T) {
	names := map[string]bool{launchCheck: true}
	bare := machine("", nil)
	bare.self = stubborn(unix.EPERM)
	for _, c := range checks(without(unix.ENOSYS)) {
		if names[c.name] || len(c.name) > 20 || c.probe == nil || c.proven && !c.required {
			t.Errorf("%q: its name is taken or too long, or it has no probe, or proves what is not required", c.name)
		}
		names[c.name] = true
		if got := c.probe(bare); got.found == "" {
			t.Errorf("%q has no word on a host that shows nothing", c.name)
		}
	}
}

func TestEveryProblemHasAdvice(t *testing.T) {
	h := machine("4.4.0", user(
		"proc/sys/kernel/seccomp/actions_avail", "kill trap",
		"proc/self/ns/user", "", "proc/self/ns/net", "",
		"proc/sys/user/max_user_namespaces", "0", "proc/sys/user/max_net_namespaces", "0",
		cloneFile, "0", restrictFile, "1", "proc/sys/kernel/yama/ptrace_scope", "3",
		"proc/self/mountinfo", "22 21 0:4 / /proc ro - proc proc rw\n",
		"etc/nsswitch.conf", "hosts: files\n",
		"proc/self/cgroup", "0::/few\n", "sys/fs/cgroup/few/pids.max", "8\n", "sys/fs/cgroup/few/pids.current", "5\n",
	))
	h.arch, h.self, h.farEnd = "mips", stubborn(unix.ENOSYS), supervisor.ErrFarEnd
	h.limits = map[string]limit{"nofile": {value: 3}, "nproc": {value: 3}}
	bad := 0
	features := without(unix.ENOSYS)
	harmless := len(slices.DeleteFunc(slices.Clone(features), func(f sys.Feature) bool { return f.Lost != "" }))
	all := checks(features)
	for _, f := range examine(h, all, &trialError{stepLaunch, unix.ENOSYS}) {
		if (f.Advice != "") != (f.Status == Failure || f.Status == Warning) {
			t.Errorf("%+v", f)
		}
		if f.Status == Failure || f.Status == Warning {
			bad++
		}
	}
	if informs := 3 + harmless; bad != len(all)+1-informs { // container, filters, SELinux
		t.Errorf("%d problems of %d", bad, len(all)+1)
	}
}

func TestALaunchThatWorksOutweighsTheSettings(t *testing.T) {
	files := user(restrictFile, "1", cloneFile, "0")
	only := slices.DeleteFunc(checks(nil), func(c check) bool { return c.name != "AppArmor" && c.name != "unprivileged use" })
	if got := examine(machine("6.8.0", files), only, nil); !Works(got) || len(got) != 3 {
		t.Errorf("%+v", got)
	}
	failed := &trialError{stepLaunch, &sys.StageError{Stage: sys.StageNetNamespace, Errno: unix.EPERM}}
	got := examine(machine("6.8.0", files), only, failed)
	if Works(got) || count(got, Failure) != 3 || got[2].Advice != "as for AppArmor, above" {
		t.Errorf("%+v", got)
	}
}

// Every remedy is the answer to some failure, and the right one.
func TestAdvise(t *testing.T) {
	stage := func(s sys.Stage, errno unix.Errno) error {
		return &trialError{stepLaunch, &sys.StageError{Stage: s, Errno: errno}}
	}
	plain := machine("6.8.0", user())
	ubuntu := machine("6.8.0", user(restrictFile, "1"))
	docker := machine("6.8.0", map[string]string{"proc/self/status": dockerStatus, ".dockerenv": ""})
	bare := machine("6.8.0", map[string]string{"proc/self/status": bareStatus, ".dockerenv": ""})
	free := machine("6.8.0", root(".dockerenv", "")) // --security-opt seccomp=unconfined
	wsl := machine("5.15.153.1-microsoft-standard-WSL2", user())
	debian9 := machine("4.9.0", user(cloneFile, "0"))
	selinux := machine("6.8.0", user("sys/fs/selinux/enforce", "1"))
	used := map[string]bool{}
	for _, c := range []struct {
		name string
		h    *host
		err  error
		want string
	}{
		{"Debian 9", debian9, stage(sys.StageUserNamespace, unix.EPERM), unprivilegedAdvice},
		{"Ubuntu refuses unshare", ubuntu, stage(sys.StageUserNamespace, unix.EACCES), "apparmor_parser"},
		{"Docker's profile", docker, stage(sys.StageUserNamespace, unix.EPERM), "seccomp=unconfined"},
		{"a container without a profile", free, stage(sys.StageUserNamespace, unix.EPERM), "chroot"},
		{"SELinux", selinux, stage(sys.StageUserNamespace, unix.EACCES), "ausearch"},
		{"no sign", plain, stage(sys.StageUserNamespace, unix.EPERM), "chroot"},
		{"limit", plain, stage(sys.StageUserNamespace, unix.ENOSPC), "user.max_user_namespaces"},
		{"limit, before 4.9", plain, stage(sys.StageUserNamespace, unix.EUSERS), "user.max_user_namespaces"},
		{"not built in", plain, stage(sys.StageUserNamespace, unix.EINVAL), "CONFIG_USER_NS"},
		{"hidden", plain, stage(sys.StageUserNamespace, unix.ENOSYS), "hides unshare"},
		{"root without capabilities", bare, stage(sys.StageMap, unix.EPERM), "--cap-add=SETFCAP"},
		{"Ubuntu refuses the map", ubuntu, stage(sys.StageMap, unix.EPERM), "apparmor_parser"},
		{"refused map", plain, stage(sys.StageMap, unix.EACCES), "dmesg"},
		{"read-only /proc", plain, stage(sys.StageMap, unix.EROFS), "read-only"},
		{"odd map", plain, stage(sys.StageMap, unix.EIO), otherwise},
		{"Ubuntu gives no capabilities", ubuntu, stage(sys.StageNetNamespace, unix.EPERM), "apparmor_parser"},
		{"Docker's profile, later", docker, stage(sys.StageNetNamespace, unix.EPERM), "seccomp=unconfined"},
		{"no capabilities", plain, stage(sys.StageNetNamespace, unix.EPERM), "no capabilities"},
		{"net limit", plain, stage(sys.StageNetNamespace, unix.ENOSPC), "user.max_net_namespaces"},
		{"net not built in", plain, stage(sys.StageNetNamespace, unix.EINVAL), "CONFIG_NET_NS"},
		{"WSL", wsl, stage(sys.StageSeccomp, unix.EBUSY), ".wslconfig"},
		{"a listener", plain, stage(sys.StageSeccomp, unix.EBUSY), "outside of it"},
		{"no filters", plain, stage(sys.StageSeccomp, unix.EINVAL), "CONFIG_SECCOMP_FILTER"},
		{"a chain of filters", plain, stage(sys.StageSeccomp, unix.ENOMEM), "no room for another"},
		{"short of memory", plain, stage(sys.StageNestedUser, unix.ENOMEM), "CommitLimit"},
		{"short of processes", plain, &trialError{stepLaunch, fmt.Errorf("start the keeper: %w", unix.EAGAIN)}, "pids.max"},
		{"without /proc", machine("6.8.0", nil), &trialError{stepLaunch, sys.ErrNoProc}, "mount -t proc"},
		{"filters refused", plain, stage(sys.StageSeccomp, unix.EACCES), "refuses filters"},
		{"masked", plain, &trialError{stepLaunch, &sys.FeatureError{Name: "pidfd_open", Err: sys.ErrMasked}}, "a newer kernel"},
		{"a feature of nowhere", plain, &trialError{stepLaunch, &sys.FeatureError{Name: "x", Err: sys.ErrMasked}}, otherwise},
		{"getfd", plain, &trialError{stepListener, unix.EPERM}, "ptrace_scope"},
		{"descriptor", plain, &trialError{stepTake, unix.EPERM}, "ptrace_scope"},
		{"memory", plain, &trialError{stepMemory, unix.EPERM}, "ptrace_scope"},
		{"no routing rules", plain, &trialError{stepWall, unix.EOPNOTSUPP}, "CONFIG_IP_MULTIPLE_TABLES"},
		{"no capabilities for the wall", ubuntu, &trialError{stepWall, unix.EPERM}, "apparmor_parser"},
		{"another wall", plain, &trialError{stepWall, unix.EPERM}, otherwise},
		{"a stage without remedies", plain, stage(sys.StageExec, unix.EPERM), otherwise},
		{"no errno", plain, &trialError{stepLaunch, errors.New("odd")}, otherwise},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.h.advise(c.err)
			if !strings.Contains(got, c.want) {
				t.Errorf("%v: %q, want %q", c.err, got, c.want)
			}
			used[got] = true
		})
	}
	for _, r := range remedies() {
		if !used[r.advice] {
			t.Errorf("no failure leads to %q", r.advice)
		}
	}
}
