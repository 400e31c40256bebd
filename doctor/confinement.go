package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// probeYama asks who may look into a process. Up to 2 the supervisor may: the command is below it, and in a user
// namespace of its own.
func probeYama(h *host) answer {
	scope, err := h.number("proc/sys/kernel/yama/ptrace_scope")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return yes("not there")
	case err != nil:
		return unknown("%v", err)
	case scope >= 3:
		return noBut(fmt.Sprintf("kernel.yama.ptrace_scope = %d: nobody may look into a process", scope),
			"boot with kernel.yama.ptrace_scope=2 or less in /etc/sysctl.d: 3 cannot be taken back while the system runs")
	}
	return yes(fmt.Sprintf("kernel.yama.ptrace_scope = %d", scope))
}

// probeFilters informs: a filter around us may be a listener's, and only one fits in a chain; the launch finds out.
func probeFilters(h *host) answer {
	mode, filters := h.status("Seccomp"), h.status("Seccomp_filters")
	switch {
	case mode == "":
		return unknown("/proc/self/status says nothing")
	case mode == "0":
		return yes("none")
	case filters == "":
		return yes("some")
	}
	if n, err := strconv.Atoi(filters); err != nil || n < 0 {
		return unknown("Seccomp_filters is %q", filters)
	}
	return yes(filters)
}

// probeSockets tells a sandbox whose filter refuses sockets: a filter that fails a call wins over one that notifies.
func probeSockets(h *host) answer {
	err := h.self.connect()
	if err == nil || errors.Is(err, unix.ENETUNREACH) { // where lo is down
		return yes("can be made")
	}
	return noBut("refused: "+err.Error(), "a seccomp filter of the sandbox that this runs in refuses them, so nothing below can ask for names: "+
		"let the sandbox have a network (Codex's: network.enabled = true and its network_proxy), or run codex-dnsvisor outside of it")
}

// probeContainer informs, and colours the launch's advice.
func probeContainer(h *host) answer {
	if name := h.container(); name != "" {
		return yes("in " + name)
	}
	return yes("none seen")
}

// container names what we run in, as far as it shows; "" for nothing.
func (h *host) container() string {
	for _, sign := range [][2]string{{".dockerenv", "Docker"}, {"run/.containerenv", "Podman"}} {
		if h.exists(sign[0]) {
			return sign[1]
		}
	}
	if name, err := h.read("run/systemd/container"); err == nil {
		return strings.TrimSpace(name)
	}
	if h.wsl() {
		return "WSL"
	}
	return ""
}

func (h *host) wsl() bool { return strings.Contains(strings.ToLower(h.release), "microsoft") }
