package doctor

import (
	"strings"
	"testing"
)

func TestProbeProc(t *testing.T) {
	mounts := func(lines ...string) map[string]string {
		return user("proc/self/mountinfo", strings.Join(lines, "\n")+"\n")
	}
	const rootfs = "21 1 0:1 / / rw,relatime - ext4 /dev/vda rw"
	for _, c := range []struct {
		name    string
		files   map[string]string
		outcome outcome
		found   string
	}{
		{"plain", mounts(rootfs, "22 21 0:4 / /proc rw,nosuid shared:5 - proc proc rw"), isThere, "mounted"},
		{"hidepid", mounts(rootfs, "22 21 0:4 / /proc rw - proc proc rw,gid=4,hidepid=2"), isThere, "mounted with hidepid=2, which hides nothing of a run's own"},
		{"hidepid in words", mounts("22 21 0:4 / /proc rw - proc proc rw,hidepid=invisible"), isThere, "mounted with hidepid=invisible, which hides nothing of a run's own"},
		{"hidepid off", mounts("22 21 0:4 / /proc rw - proc proc rw,hidepid=off"), isThere, "mounted"},
		{"read-only", mounts("22 21 0:4 / /proc ro,nosuid - proc proc rw"), isMissing, "mounted read-only: ids cannot be mapped"},
		{"read-only parts, as Docker's", mounts("22 21 0:4 / /proc rw - proc proc rw", "23 22 0:4 /sys /proc/sys ro - proc proc rw"), isThere, "mounted"},
		{"the last mount counts", mounts("22 21 0:4 / /proc ro - proc proc rw", "23 22 0:5 / /proc rw - proc proc rw"), isThere, "mounted"},
		{"lines cut short", mounts("22 21", "-", " - ", "22 21 0:4 / /proc rw", "22 21 0:4 / /proc rw - proc", ""), cannotTell, "readable, but not among the mounts"},
		{"no mountinfo", user(), cannotTell, "open proc/self/mountinfo: file does not exist"},
		{"not mounted", nil, isMissing, "open proc/self/status: file does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := probeProc(machine("6.1.0", c.files))
			expect(t, got, c.outcome, c.found)
			if got.outcome == isMissing && got.advice == "" {
				t.Error("no advice")
			}
		})
	}
}

func TestProbeYama(t *testing.T) {
	const file = "proc/sys/kernel/yama/ptrace_scope"
	expect(t, probeYama(machine("6.1.0", user())), isThere, "not there")
	for _, scope := range []string{"0", "1", "2"} {
		expect(t, probeYama(machine("6.1.0", user(file, scope+"\n"))), isThere, "kernel.yama.ptrace_scope = "+scope)
	}
	expect(t, probeYama(machine("6.1.0", user(file, "3\n"))), isMissing, "kernel.yama.ptrace_scope = 3: nobody may look into a process")
	expect(t, probeYama(machine("6.1.0", user(file, "\n"))), cannotTell, `/proc/sys/kernel/yama/ptrace_scope: strconv.Atoi: parsing "": invalid syntax`)
}

func TestProbeFilters(t *testing.T) {
	status := func(text string) *host { return machine("6.1.0", map[string]string{"proc/self/status": text}) }
	expect(t, probeFilters(status(userStatus)), isThere, "none")
	expect(t, probeFilters(status(dockerStatus)), isThere, "1")
	expect(t, probeFilters(status("Seccomp:\t2\n")), isThere, "some") // before 5.9
	expect(t, probeFilters(status("Seccomp:\t2\nSeccomp_filters:\t-3\n")), cannotTell, `Seccomp_filters is "-3"`)
	expect(t, probeFilters(status("")), cannotTell, "/proc/self/status says nothing")
}

func TestProbeContainer(t *testing.T) {
	for want, h := range map[string]*host{
		"none seen":         machine("6.1.0", nil),
		"in Docker":         machine("6.1.0", map[string]string{".dockerenv": ""}),
		"in Podman":         machine("6.1.0", map[string]string{"run/.containerenv": ""}),
		"in systemd-nspawn": machine("6.1.0", map[string]string{"run/systemd/container": "systemd-nspawn\n"}),
		"in WSL":            machine("5.15.153.1-microsoft-standard-WSL2", nil),
	} {
		expect(t, probeContainer(h), isThere, want)
	}
}

func TestReadIsBounded(t *testing.T) {
	h := machine("6.1.0", map[string]string{"etc/resolv.conf": strings.Repeat("x", 3*maxFile)})
	if text, err := h.read("etc/resolv.conf"); err != nil || len(text) != maxFile {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}
