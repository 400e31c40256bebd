package tests

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// standstill says where each thread of a process and of those below it waits, as far as the test may read it: its state, the call that it is
// in with its arguments (proc_pid_syscall(5)), and where in the kernel (proc_pid_wchan(5)).
func standstill(pid int) string {
	var b strings.Builder
	for _, p := range append([]int{pid}, below(pid)...) {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p))
		for _, thread := range threads {
			fmt.Fprintf(&b, "%d/%s %s: %s %s\n", p, filepath.Base(thread), oneLine(thread+"/comm"), oneLine(thread+"/syscall"), oneLine(thread+"/wchan"))
		}
	}
	return b.String()
}

// oneLine is what a file of /proc has in one line, or why not.
func oneLine(path string) string {
	text, err := os.ReadFile(path)
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err.Error()
	}
	return strings.TrimSpace(string(text))
}

// below are the processes below one, parents first.
func below(pid int) []int {
	var all []int
	for _, child := range childrenOf(pid) {
		all = append(append(all, child), below(child)...)
	}
	return all
}

// abandon ends a command that does not end: a Go program tells on its standard error where its goroutines are.
func abandon(c *exec.Cmd) {
	_ = c.Process.Signal(unix.SIGABRT)
	time.AfterFunc(5*time.Second, func() { _ = c.Process.Kill() })
}
