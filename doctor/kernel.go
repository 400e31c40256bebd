package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// version is a kernel's, without its patch level. The zero value is an unknown one, older than all.
type version struct{ major, minor int }

// floor is the oldest kernel that a run is made for.
var floor = version{5, 10}

// parseVersion reads the start of a release as uname(2) gives it: "6.1.0-28-amd64", "5.15.153.1-microsoft-standard-WSL2".
// It returns the zero version where there is none.
func parseVersion(release string) version {
	major, rest, ok := strings.Cut(release, ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	a, err := strconv.ParseUint(major, 10, 16)
	b, err2 := strconv.ParseUint(rest[:end], 10, 16)
	if !ok || err != nil || err2 != nil {
		return version{}
	}
	return version{int(a), int(b)}
}

func (v version) atLeast(w version) bool {
	return v.major > w.major || v.major == w.major && v.minor >= w.minor
}

func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }

func probeKernel(h *host) answer {
	k := h.kernel()
	found := fmt.Sprintf("%s (%s or newer needed)", h.release, floor)
	switch {
	case k == version{}:
		return unknown("a release that says no version: %q", h.release)
	case k.atLeast(floor):
		return yes(found)
	}
	return no(found)
}

// probeArch asks for the program's own architecture: the filter knows the system calls of these two.
func probeArch(h *host) answer {
	found := h.arch + " (amd64 or arm64 needed)"
	if h.arch == "amd64" || h.arch == "arm64" {
		return yes(found)
	}
	return no(found)
}
