package audit

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// child runs this test binary under the arguments given until the test ends, and waits for it to say that it runs:
// Start returns in the midst of the exec, before there are arguments to see.
func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Args: args, Env: append(os.Environ(), childEnv+"=1")}
	if _, err := cmd.StdinPipe(); err != nil { // it ends with us at the latest
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // under -race an exit of its own takes a second
		cmd.Wait()
	})
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestLookup(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("l", 3000)
	for _, tt := range []struct {
		name       string
		argv, want []string
		cut        bool
	}{
		{"odd bytes", []string{"n\xff\x1b[2J", "", "a b\n", "\u202e", ""}, []string{"n\xff\x1b[2J", "", "a b\n", "\u202e", ""}, false},
		{"one", []string{"x"}, []string{"x"}, false},
		{"one empty", []string{""}, []string{""}, false},
		{"as many as may be", slices.Repeat([]string{"x"}, MaxItems), slices.Repeat([]string{"x"}, MaxItems), false},
		{"too many", slices.Repeat([]string{"x"}, MaxItems+1), slices.Repeat([]string{"x"}, MaxItems), true},

		{"many and empty", slices.Repeat([]string{""}, 5000), slices.Repeat([]string{""}, MaxItems), true},
		{"as long as may be", []string{long, strings.Repeat("r", MaxArgs-3002)}, []string{long, strings.Repeat("r", MaxArgs-3002)}, false},
		{"too long", []string{long, long}, []string{long, long[:MaxArgs-3001]}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pid := child(t, tt.argv...).Process.Pid
			want := Process{PID: pid, ParentPID: os.Getpid(), Executable: self, Args: tt.want, ArgsCut: tt.cut}
			if diff := cmp.Diff(want, Lookup(pid)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !tt.cut {
				return
			}
			e := Event{Process: Lookup(pid)}
			args := decode(t, firstLine(&e, 1))["process.command_args"].([]any)
			if last := args[len(args)-1].(string); !strings.HasSuffix(last, cut) {
				t.Errorf("the line's last argument is %q", last)
			}
		})
	}
}

// A thread is told apart from its process in /proc, not in the log.
func TestLookupThread(t *testing.T) {
	done := make(chan Process)
	tid := 0
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends, so it is not the main one that others need
		tid = unix.Gettid()
		done <- Lookup(tid)
	}()
	if p := <-done; p.PID != os.Getpid() || p.ParentPID != os.Getppid() {
		t.Errorf("thread %d of %d: %+v", tid, os.Getpid(), p)
	}
}

func TestLookupOfNone(t *testing.T) {
	cmd := child(t, "gone")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, pid := range []int{cmd.Process.Pid, 0, -1} {
		if diff := cmp.Diff(Process{PID: pid}, Lookup(pid)); diff != "" {
			t.Errorf("%d: (-want +got)\n%s", pid, diff)
		}
	}
}

// A process that was not waited for has a parent, and no memory to hold arguments.
func TestLookupOfZombie(t *testing.T) {
	cmd := child(t, "dead")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Process{PID: pid, ParentPID: os.Getpid()}, Lookup(pid)); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", strconv.Itoa(pid), diff)
	}
}
