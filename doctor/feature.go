package doctor

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// ofKernel is the check of a row of the table of kernel features.
func ofKernel(f sys.Feature) check {
	return check{name: f.Name, since: parseVersion(f.Since), required: f.Required, proven: f.Required, feature: true, probe: func(h *host) answer { return probeFeature(h, f) }}
}

// probeFeature words what the kernel says about a feature.
func probeFeature(h *host, f sys.Feature) answer {
	presence, err := f.Probe()
	a := answer{presence: presence}
	switch presence {
	case sys.There:
		a.outcome, a.found = isThere, "there"+h.restriction(f.Name)
	case sys.CannotTell:
		a.outcome, a.found = cannotTell, err.Error()
	case sys.Missing, sys.Masked:
		a.outcome, a.found, a.advice = isMissing, lacking(presence, err), instead(f)
		if f.Lost == "" {
			a.outcome, a.found, a.advice = isThere, a.found+"; nothing is lost: "+f.Fallback, ""
		}
	}
	return a
}

// killableFixed is the release from which a received call cannot hang its target (see restriction).
var killableFixed = version{6, 18}

// restriction is what else is to be said of a feature that is there.
func (h *host) restriction(name string) string {
	switch {
	case name == "wait_killable" && !h.kernel().atLeast(killableFixed):
		return "; before 6.18, or a stable kernel with its fix, a fast answer can hang a target (rare)"
	case name == "ipv6" && h.switchedOff():
		return "; switched off by sysctl"
	}
	return ""
}

func lacking(p sys.Presence, err error) string {
	switch {
	case p == sys.Masked:
		return err.Error()
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return "refused by a seccomp profile around this process: " + err.Error()
	}
	return "not there: " + err.Error()
}

// instead is what is lost without a feature, and done instead.
func instead(f sys.Feature) string {
	if f.Required {
		return f.Fallback
	}
	return f.Lost + ". Instead: " + f.Fallback
}

// containerAdvice is for what a container's seccomp profile refuses.
const containerAdvice = "start the container with --security-opt seccomp=unconfined, or with a profile that allows unshare, setns, seccomp, pidfd_getfd and process_vm_readv"
