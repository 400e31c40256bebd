package doctor

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestProbeNotification(t *testing.T) {
	const file = "proc/sys/kernel/seccomp/actions_avail"
	for _, c := range []struct {
		name    string
		files   map[string]string
		outcome outcome
		found   string
	}{
		{"Linux 6", map[string]string{file: "kill_process kill_thread trap errno user_notif trace log allow\n"}, isThere, "user_notif"},
		{"Linux 4.18", map[string]string{file: "kill_process kill_thread trap errno trace log allow\n"}, isMissing, "not among this kernel's filter actions"},
		{"a kernel without CONFIG_SECCOMP", map[string]string{"proc/self/status": "Name:\tx\n"}, isMissing, "a kernel without seccomp"},
		{"/proc/sys is hidden", map[string]string{"proc/self/status": userStatus}, cannotTell, "open proc/sys/kernel/seccomp/actions_avail: file does not exist"},
		{"no /proc", nil, cannotTell, "open proc/sys/kernel/seccomp/actions_avail: file does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, probeNotification(machine("6.1.0", c.files)), c.outcome, c.found) })
	}
}

func TestProbesOfFilterFlags(t *testing.T) {
	takes := func(release string, known uint) *host {
		h := machine(release, nil)
		h.self.filterFlags = func(flags uint) bool {
			if flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
				t.Errorf("flags %#x are not those of a run", flags)
			}
			return flags&^(known|unix.SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0
		}
		return h
	}
	const kill, spec = unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	expect(t, probeKillable(takes("6.18.0", kill)), isThere, "taken")
	expect(t, probeKillable(takes("5.15.0", spec)), isMissing, "not taken")
	if a := probeKillable(takes("6.17.9", kill)); a.outcome != isThere || !strings.Contains(a.found, "6.18") {
		t.Errorf("the race before 6.18 is not told: %+v", a)
	}
	expect(t, probeSpeculation(takes("5.15.0", spec)), isThere, "taken")
	expect(t, probeSpeculation(takes("4.16.0", kill)), isMissing, "not taken")
}

func TestTriedCalls(t *testing.T) {
	for _, c := range []struct {
		err     error
		outcome outcome
		found   string
		profile bool
	}{
		{nil, isThere, "works", false},
		{unix.ENOSYS, isMissing, "unknown here: function not implemented", false},
		{unix.EINVAL, isMissing, "unknown here: invalid argument", false},
		{unix.EPERM, isMissing, "refused: operation not permitted", true},
		{unix.EACCES, isMissing, "refused: permission denied", true},
		{unix.EMFILE, cannotTell, "too many open files", false},
		{errors.New("odd"), cannotTell, "odd", false},
	} {
		h := machine("6.1.0", nil)
		h.self.getFD = func() error { return c.err }
		got := tried(func(p process) func() error { return p.getFD })(h)
		expect(t, got, c.outcome, c.found)
		if strings.Contains(got.advice, "seccomp") != c.profile {
			t.Errorf("%v: advice %q", c.err, got.advice)
		}
	}
}

func TestBySince(t *testing.T) {
	probe := bySince(version{6, 6})
	expect(t, probe(machine("6.6.0", nil)), isThere, "Linux 6.6 or newer")
	expect(t, probe(machine("6.5.0", nil)), isMissing, "not there")
	expect(t, probe(machine("odd", nil)), cannotTell, `kernel release "odd"`)
}

func TestProbeLimit(t *testing.T) {
	for _, c := range []struct {
		limit   limit
		outcome outcome
		found   string
	}{
		{limit{value: 1024}, isThere, "1024"},
		{limit{value: 256}, isThere, "256"},
		{limit{value: 255}, isMissing, "255 (256 or more wanted)"},
		{limit{value: unix.RLIM_INFINITY}, isThere, "unlimited"},
		{limit{err: unix.EPERM}, cannotTell, "operation not permitted"},
	} {
		h := machine("6.1.0", nil)
		h.limits["nofile"] = c.limit
		expect(t, probeLimit("nofile", 256)(h), c.outcome, c.found)
	}
	expect(t, probeLimit("nproc", 1)(machine("6.1.0", nil)), cannotTell, "not read")
}
