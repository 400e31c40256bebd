package doctor

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// roomForRun is how many processes and threads a run starts beside the command.
const roomForRun = 16

// processAdvice is for a limit on processes, whoever sets it.
const processAdvice = "no more processes may be started: raise ulimit -u, or the pids.max of the cgroup (TasksMax of a systemd unit)"

// probeCgroup asks how many more processes the cgroup and those above it let start; cgroup-v2.rst, and v1's pids.
func probeCgroup(h *host) answer {
	text, err := h.read("proc/self/cgroup")
	if err != nil {
		return unknown("%v", err)
	}
	room, where := -1, ""
	for line := range strings.Lines(text) {
		top, dir, ok := cgroup(line)
		for ; ok; dir = path.Dir(dir) {
			if left, limited := h.processesLeft(top + dir); limited && (room < 0 || left < room) {
				room, where = left, dir
			}
			ok = dir != "/"
		}
	}
	switch {
	case room < 0:
		return yes("no limit of processes")
	case room < roomForRun:
		return noBut(fmt.Sprintf("pids.max of %s leaves room for %d more processes (%d or more needed)", where, room, roomForRun), processAdvice)
	}
	return yes(fmt.Sprintf("room for %d more processes", room))
}

// cgroup reads a line of /proc/PID/cgroup: where the hierarchy is mounted, and the cgroup's path in it; false where that bounds no processes.
func cgroup(line string) (top, dir string, ok bool) {
	fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
	switch {
	case len(fields) != 3:
		return "", "", false
	case fields[0] == "0":
		return "sys/fs/cgroup", path.Join("/", fields[2]), true
	}
	return "sys/fs/cgroup/pids", path.Join("/", fields[2]), slices.Contains(strings.Split(fields[1], ","), "pids")
}

// processesLeft is how many more processes a cgroup lets start, if it has a limit.
func (h *host) processesLeft(dir string) (int, bool) {
	dir = strings.TrimSuffix(dir, "/")
	var numbers [2]int
	for i, name := range []string{"pids.max", "pids.current"} {
		text, err := h.read(dir + "/" + name)
		if err != nil {
			return 0, false
		}
		if numbers[i], err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
			return 0, false // max
		}
	}
	return max(0, numbers[0]-numbers[1]), true
}
