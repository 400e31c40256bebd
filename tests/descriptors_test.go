package tests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

// descriptors counts a process's. A supervisor is undumpable, and its /proc/PID/fd is for root alone to list; how long the list is,
// stat tells anybody since Linux 6.2.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	path := fmt.Sprintf("/proc/%d/fd", pid)
	list, err := os.ReadDir(path)
	if err == nil {
		return len(list)
	}
	if !errors.Is(err, fs.ErrPermission) {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() == 0 {
		t.Skip("the supervisor's descriptors are root's to count before Linux 6.2")
	}
	return int(info.Size())
}

// targets are what a process's descriptors are of; false: that is only root's to see.
func targets(t *testing.T, pid int) ([]string, bool) {
	t.Helper()
	path := fmt.Sprintf("/proc/%d/fd", pid)
	list, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		return nil, false
	}
	must(t, err)
	var all []string
	for _, fd := range list {
		if target, err := os.Readlink(path + "/" + fd.Name()); err == nil { // else it was closed meanwhile
			all = append(all, target)
		}
	}
	return all, true
}
