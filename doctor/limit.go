package doctor

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// probeLimit asks for a resource limit that leaves room for a run.
func probeLimit(name string, least uint64) func(*host) answer {
	return func(h *host) answer {
		l, ok := h.limits[name]
		switch {
		case !ok:
			return unknown("not read")
		case l.err != nil:
			return unknown("%v", l.err)
		case l.value == unix.RLIM_INFINITY:
			return yes("unlimited")
		case l.value < least:
			return no(fmt.Sprintf("%d (%d or more wanted)", l.value, least))
		}
		return yes(strconv.FormatUint(l.value, 10))
	}
}
