package doctor

import (
	"io/fs"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

const (
	cloneFile    = "proc/sys/kernel/unprivileged_userns_clone"
	restrictFile = "proc/sys/kernel/apparmor_restrict_unprivileged_userns"
	maxUserFile  = "proc/sys/user/max_user_namespaces"
)

func user(more ...string) map[string]string {
	return with(map[string]string{"proc/self/status": userStatus}, more...)
}

func root(more ...string) map[string]string {
	return with(map[string]string{"proc/self/status": rootStatus}, more...)
}

func TestProbeNamespace(t *testing.T) {
	probe := probeNamespace("user", "max_user_namespaces", "CONFIG_USER_NS")
	for _, c := range []struct {
		name          string
		files         map[string]string
		outcome       outcome
		found, advice string
	}{
		{"Debian", user("proc/self/ns/user", "", maxUserFile, "63432\n"), isThere, "at most 63432", ""},
		{"RHEL 7", user("proc/self/ns/user", "", maxUserFile, "0\n"), isMissing, "user.max_user_namespaces = 0", "sysctl -w user.max_user_namespaces="},
		{"no CONFIG_USER_NS", user(maxUserFile, "1\n"), isMissing, "a kernel without CONFIG_USER_NS", "CONFIG_USER_NS"},
		{"/proc/sys is hidden", user("proc/self/ns/user", ""), cannotTell, "open proc/sys/user/max_user_namespaces: file does not exist", ""},
		{"not a number", user("proc/self/ns/user", "", maxUserFile, "many"), cannotTell, `/proc/sys/user/max_user_namespaces: strconv.Atoi: parsing "many": invalid syntax`, ""},
		{"no /proc", nil, cannotTell, "open proc/sys/user/max_user_namespaces: file does not exist", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := probe(machine("6.1.0", c.files))
			expect(t, got, c.outcome, c.found)
			if !strings.Contains(got.advice, c.advice) {
				t.Errorf("advice %q", got.advice)
			}
		})
	}
}

// hidden is a file that a security module lets nobody look at.
type hidden struct {
	fs.FS
	name string
}

func (h hidden) Open(name string) (fs.File, error) {
	if name == h.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return h.FS.Open(name)
}

func TestNamespaceOutOfSight(t *testing.T) {
	h := machine("6.1.0", user(maxUserFile, "63432"))
	h.files = hidden{h.files, "proc/self/ns/user"}
	expect(t, probeNamespace("user", "max_user_namespaces", "CONFIG_USER_NS")(h), isThere, "at most 63432")
}

func TestWhoRestrictsUserNamespaces(t *testing.T) {
	docker := map[string]string{"proc/self/status": dockerStatus}
	for _, c := range []struct {
		name    string
		probe   func(*host) answer
		files   map[string]string
		outcome outcome
		found   string
	}{
		{"Fedora", probeUnprivileged, user(), isThere, "not restricted by the kernel"},
		{"Debian 11", probeUnprivileged, user(cloneFile, "1\n"), isThere, "kernel.unprivileged_userns_clone = 1"},
		{"Debian 9", probeUnprivileged, user(cloneFile, "0\n"), isMissing, "kernel.unprivileged_userns_clone = 0"},
		{"Debian 9, root", probeUnprivileged, root(cloneFile, "0\n"), isThere, "kernel.unprivileged_userns_clone = 0; not for root"},
		{"Debian 9, Docker's root", probeUnprivileged, with(docker, cloneFile, "0\n"), isMissing, "kernel.unprivileged_userns_clone = 0"},
		{"no number", probeUnprivileged, user(cloneFile, ""), cannotTell, `/proc/sys/kernel/unprivileged_userns_clone: strconv.Atoi: parsing "": invalid syntax`},
		{"Ubuntu 22.04", probeAppArmor, user(), isThere, "no restriction of user namespaces"},
		{"Ubuntu 24.04", probeAppArmor, user(restrictFile, "1\n", "proc/self/attr/current", "unconfined\n"), isMissing, restrictKey + " = 1, profile unconfined"},
		{"Ubuntu 24.04, lifted", probeAppArmor, user(restrictFile, "0\n"), isThere, restrictKey + " = 0"},
		{"Ubuntu 24.04, root", probeAppArmor, root(restrictFile, "1\n"), isThere, restrictKey + " = 1; not for root"},
		{"Ubuntu, stacked modules", probeAppArmor, user(restrictFile, "2\n", "proc/self/attr/apparmor/current", "docker-default (enforce)\n", "proc/self/attr/current", "x"), isMissing, restrictKey + " = 2, profile docker-default (enforce)"},
		{"Ubuntu, no attr", probeAppArmor, user(restrictFile, "1\n"), isMissing, restrictKey + " = 1, profile unknown"},
		{"Ubuntu, garbage", probeAppArmor, user(restrictFile, "x"), cannotTell, `/proc/sys/kernel/apparmor_restrict_unprivileged_userns: strconv.Atoi: parsing "x": invalid syntax`},
		{"no SELinux", probeSELinux, user(), isThere, "not there"},
		{"SELinux permissive", probeSELinux, user("sys/fs/selinux/enforce", "0"), isThere, "permissive"},
		{"SELinux enforcing", probeSELinux, user("sys/fs/selinux/enforce", "1", "proc/self/attr/current", "user_u:user_r:user_t:s0\x00"), isThere, "enforcing, as user_u:user_r:user_t:s0"},
		{"SELinux garbage", probeSELinux, user("sys/fs/selinux/enforce", "?"), cannotTell, `/sys/fs/selinux/enforce: strconv.Atoi: parsing "?": invalid syntax`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.probe(machine("6.8.0", c.files))
			expect(t, got, c.outcome, c.found)
			if got.outcome == isMissing && !strings.Contains(got.advice, "sysctl -w") {
				t.Errorf("advice %q", got.advice)
			}
		})
	}
}

func TestFarEnd(t *testing.T) {
	for _, c := range []struct {
		name    string
		err     error
		outcome outcome
		found   string
	}{
		{"the kernel asks", nil, isThere, "closed to the root of other namespaces"},
		{"it does not", supervisor.ErrFarEnd, isMissing, supervisor.ErrFarEnd.Error()},
		{"no launch", errUntried, cannotTell, errUntried.Error()},
		{"another answer", unix.ENOBUFS, cannotTell, "no buffer space available"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := machine("6.8.0", nil)
			h.farEnd = c.err
			expect(t, probeFarEnd(h), c.outcome, c.found)
		})
	}
}
