package doctor

import "testing"

func TestCgroup(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		outcome outcome
		found   string
	}{
		"none":           {map[string]string{"proc/self/cgroup": "0::/\n"}, isThere, "no limit of processes"},
		"no limit":       {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/pids.max": "max\n", "sys/fs/cgroup/a/pids.current": "3\n"}, isThere, "no limit of processes"},
		"enough":         {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/pids.max": "100\n", "sys/fs/cgroup/a/pids.current": "3\n"}, isThere, "room for 97 more processes"},
		"few":            {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/pids.max": "8\n", "sys/fs/cgroup/a/pids.current": "3\n"}, isMissing, "pids.max of /a leaves room for 5 more processes (16 or more needed)"},
		"few above":      {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/pids.max": "90\n", "sys/fs/cgroup/a/b/pids.current": "3\n", "sys/fs/cgroup/a/pids.max": "8\n", "sys/fs/cgroup/a/pids.current": "9\n"}, isMissing, "pids.max of /a leaves room for 0 more processes (16 or more needed)"},
		"of a container": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/pids.max": "50\n", "sys/fs/cgroup/pids.current": "3\n"}, isThere, "room for 47 more processes"},
		"version 1":      {map[string]string{"proc/self/cgroup": "9:cpu:/c\n8:pids:/a\n0::/\n", "sys/fs/cgroup/pids/a/pids.max": "8\n", "sys/fs/cgroup/pids/a/pids.current": "1\n"}, isMissing, "pids.max of /a leaves room for 7 more processes (16 or more needed)"},
		"not to be read": {nil, cannotTell, "open proc/self/cgroup: file does not exist"},
	} {
		t.Run(name, func(t *testing.T) { expect(t, probeCgroup(machine("6.8.0", c.files)), c.outcome, c.found) })
	}
}
