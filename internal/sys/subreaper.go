package sys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// BecomeSubreaper makes this process the parent of its orphaned descendants: of the whole tree, should the keeper be
// killed. PR_SET_CHILD_SUBREAPER, Linux 3.4.
func BecomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become subreaper: %w", err)
	}
	return nil
}

// KillChildren kills every child of this process, and the children that it inherits from them, until there is none.
func KillChildren() error {
	// Nearly always there is none, and looking for them in /proc takes a millisecond.
	var none unix.Siginfo
	if err := unix.Waitid(unix.P_ALL, 0, &none, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil); errors.Is(err, unix.ECHILD) {
		return nil
	}
	for {
		if err := killOnce(); err != nil {
			return err
		}
		var status unix.WaitStatus
		_, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.ECHILD):
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("wait for children: %w", err)
		}
	}
}

func killOnce() error {
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return err
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // a thread of ours that has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				_ = unix.Kill(pid, unix.SIGKILL) // gone already
			}
		}
	}
	return nil
}
