package doctor

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// probeNotification asks whether filters can hand calls to a supervisor. The file is there since Linux 4.14.
func probeNotification(h *host) answer {
	text, err := h.read("proc/sys/kernel/seccomp/actions_avail")
	switch {
	case errors.Is(err, fs.ErrNotExist) && h.exists("proc/self/status") && h.status("Seccomp") == "":
		return no("a kernel without seccomp")
	case err != nil:
		return unknown("%v", err)
	case !slices.Contains(strings.Fields(text), "user_notif"):
		return no("not among this kernel's filter actions")
	}
	return yes("user_notif")
}

// killableFixed is the release from which a received call cannot hang its target (see the check's words).
var killableFixed = version{6, 18}

func probeKillable(h *host) answer {
	switch {
	case !h.self.filterFlags(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV):
		return no("not taken")
	case h.kernel().atLeast(killableFixed):
		return yes("taken")
	}
	return yes("taken; before 6.18, or a stable kernel with its fix, a fast answer can hang a target (rare)")
}

func probeSpeculation(h *host) answer {
	if h.self.filterFlags(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW) {
		return yes("taken")
	}
	return no("not taken")
}

// tried makes a probe of a system call that either works or says why not.
func tried(call func(process) func() error) func(*host) answer {
	return func(h *host) answer {
		err := call(h.self)()
		switch {
		case err == nil:
			return yes("works")
		case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
			return no("unknown here: " + err.Error())
		case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
			return noBut("refused: "+err.Error(), "a seccomp profile around this process refuses it; "+containerAdvice)
		}
		return unknown("%v", err)
	}
}

// containerAdvice is for what a container's seccomp profile refuses.
const containerAdvice = "start the container with --security-opt seccomp=unconfined, or with a profile that allows unshare, setns, seccomp, pidfd_getfd and process_vm_readv"
