package doctor

import (
	"fmt"
	"strings"
)

// probeProc asks for /proc, and whether it hides processes; proc(5), hidepid and subset.
func probeProc(h *host) answer {
	if _, err := h.read("proc/self/status"); err != nil {
		return noBut(err.Error(), procAdvice)
	}
	mounts, err := h.read("proc/self/mountinfo")
	if err != nil {
		return unknown("%v", err)
	}
	found := unknown("readable, but not among the mounts")
	for line := range strings.Lines(mounts) {
		if options, ok := procOptions(line); ok {
			found = judgeProc(options) // the last mount covers the others
		}
	}
	return found
}

func judgeProc(options []string) answer {
	for _, option := range options {
		key, value, _ := strings.Cut(option, "=")
		switch {
		case option == "ro":
			return noBut("mounted read-only: ids cannot be mapped", "mount it for writing: mount -o remount,rw /proc")
		case key == "hidepid" && value != "0" && value != "off":
			return yes(fmt.Sprintf("mounted with %s, which hides nothing of a run's own", option))
		}
	}
	return yes("mounted")
}

// procOptions reads a line of mountinfo: the options of the file system that is mounted on /proc, where that is it.
func procOptions(line string) ([]string, bool) {
	front, back, ok := strings.Cut(strings.TrimSpace(line), " - ")
	fields, super := strings.Fields(front), strings.Fields(back)
	if !ok || len(fields) < 6 || len(super) < 3 || fields[4] != "/proc" || super[0] != "proc" {
		return nil, false
	}
	return append(strings.Split(fields[5], ","), strings.Split(super[2], ",")...), true
}

// switchedOff says whether IPv6 is there and has no addresses.
func (h *host) switchedOff() bool {
	off, err := h.number("proc/sys/net/ipv6/conf/all/disable_ipv6")
	return err == nil && off != 0
}
