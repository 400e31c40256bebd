package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// probeNamespace asks for a kind of namespace, and how many of it may be made. Zero is how Red Hat's and hardened
// systems switch it off.
func probeNamespace(link, setting, option string) func(*host) answer {
	return func(h *host) answer {
		if h.exists("proc/self/status") && h.lacks("proc/self/ns/"+link) {
			return noBut("a kernel without "+option, "use a kernel built with "+option)
		}
		key := "user." + setting
		most, err := h.number("proc/sys/user/" + setting)
		switch {
		case err != nil:
			return unknown("%v", err)
		case most <= 0:
			return noBut(fmt.Sprintf("%s = %d", key, most), fmt.Sprintf("as root: sysctl -w %s=10000", key))
		}
		return yes(fmt.Sprintf("at most %d", most))
	}
}

// probeUnprivileged asks Debian's switch, which no other kernel has. CAP_SYS_ADMIN passes it.
func probeUnprivileged(h *host) answer {
	on, err := h.number("proc/sys/kernel/unprivileged_userns_clone")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return yes("not restricted by the kernel")
	case err != nil:
		return unknown("%v", err)
	case on != 0:
		return yes("kernel.unprivileged_userns_clone = 1")
	case h.capable(unix.CAP_SYS_ADMIN):
		return yes("kernel.unprivileged_userns_clone = 0; not for root")
	}
	return noBut("kernel.unprivileged_userns_clone = 0", unprivilegedAdvice)
}

const unprivilegedAdvice = "as root: sysctl -w kernel.unprivileged_userns_clone=1"

const restrictKey = "kernel.apparmor_restrict_unprivileged_userns"

// probeAppArmor asks Ubuntu's restriction (23.10, the rule since 24.04): unshare then works and gives no capability,
// and the next step fails, unless a profile of the program's own says "userns,".
func probeAppArmor(h *host) answer {
	on, err := h.number("proc/sys/kernel/apparmor_restrict_unprivileged_userns")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return yes("no restriction of user namespaces")
	case err != nil:
		return unknown("%v", err)
	case on == 0:
		return yes(restrictKey + " = 0")
	case h.capable(unix.CAP_SYS_ADMIN):
		return yes(restrictKey + " = 1; not for root")
	}
	return noBut(fmt.Sprintf("%s = %d, profile %s", restrictKey, on, h.profile()), appArmorAdvice)
}

const appArmorAdvice = "as root, install an AppArmor profile that lets this program make user namespaces " +
	"(abi <abi/4.0>, profile codex-dnsvisor PATH-OF-codex-dnsvisor flags=(unconfined) { userns, }) and load it with apparmor_parser -r; or: sysctl -w " + restrictKey + "=0"

// profile is the security module's word for this process.
func (h *host) profile() string {
	for _, name := range []string{"proc/self/attr/apparmor/current", "proc/self/attr/current"} {
		if text, err := h.read(name); err == nil {
			return strings.TrimRight(text, "\x00\n")
		}
	}
	return "unknown"
}

// probeSELinux informs: what its policy refuses, the launch finds out.
func probeSELinux(h *host) answer {
	on, err := h.number("sys/fs/selinux/enforce")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return yes("not there")
	case err != nil:
		return unknown("%v", err)
	case on == 0:
		return yes("permissive")
	}
	return yes("enforcing, as " + h.profile())
}

// errUntried is why nothing is known that a launch was to show.
var errUntried = errors.New("not tried: no launch came so far")

// probeFarEnd tells what the launch has shown of interfaces with one end in the network of a process outside.
func probeFarEnd(h *host) answer {
	switch {
	case h.farEnd == nil:
		return yes("closed to the root of other namespaces")
	case errors.Is(h.farEnd, supervisor.ErrFarEnd):
		return no(h.farEnd.Error())
	}
	return unknown("%v", h.farEnd)
}
