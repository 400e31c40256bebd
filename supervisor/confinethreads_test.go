package supervisor

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// among has the process confine itself among threads of some kind.
func among(kind string, confine func() error) error {
	switch kind {
	case "deaf":
		return deaf(confine)
	case "restless":
		return restless(confine)
	}
	return confine()
}

// deaf has one thread that takes no signals.
func deaf(confine func() error) error {
	blocked, done := make(chan error), make(chan struct{})
	defer close(done)
	go func() {
		runtime.LockOSThread()
		var all unix.Sigset_t
		for i := range all.Val {
			all.Val[i] = ^uint64(0)
		}
		blocked <- unix.PthreadSigmask(unix.SIG_BLOCK, &all, nil)
		<-done
	}()
	return errors.Join(<-blocked, confine())
}

// restless has threads begin and end all the while.
func restless(confine func() error) error {
	var makers sync.WaitGroup
	begun, done := make(chan struct{}), make(chan struct{})
	for range 4 {
		makers.Go(func() {
			for {
				select {
				case begun <- struct{}{}:
				case <-done:
					return
				default:
				}
				ended := make(chan struct{})
				go func() {
					runtime.LockOSThread() // it ends with its thread
					close(ended)
				}()
				<-ended
			}
		})
	}
	<-begun
	err := confine()
	close(done)
	makers.Wait()
	return err
}

// Threads that come and go meanwhile are confined like the others.
func TestConfinedRestlessThreads(t *testing.T) {
	for name, attr := range people() {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				out, state := confined(t, attr, "restless")
				if !state.Success() {
					t.Fatalf("%v: %s", state, out)
				}
				for line := range strings.Lines(out) {
					if !harmless(strings.TrimSpace(line), attr == nil && os.Geteuid() == 0) {
						t.Errorf("a thread has %s", line)
					}
				}
			}
		})
	}
}

// prisonerOf runs the test binary as a prisoner, as root of a user namespace, which has capabilities to drop, below some programs.
func prisonerOf(t *testing.T, kind string, below ...string) string {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	args := append(append([]string{"-Urm"}, below...), self, prisonerArg, kind)
	cmd := exec.CommandContext(t.Context(), "unshare", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	bound := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer bound.Stop()
	must(t, cmd.Run())
	return out.String()
}

// No limit and no mask that it is started with keeps a process from confining its threads.
func TestConfinedWithoutQueuedSignals(t *testing.T) {
	out := prisonerOf(t, "status", "prlimit", "--sigpending=0", "env", "--block-signal")
	dropped := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "CapEff:") {
			dropped++
		}
		if !strings.HasPrefix(line, "memory of") && !harmless(strings.TrimSpace(line), true) {
			t.Errorf("a thread has %s", line)
		}
	}
	if dropped < 3 {
		t.Error(out)
	}
}

// A process whose threads cannot be found, or do not come, is told so. It does not wait for ever.
func TestConfinedFailure(t *testing.T) {
	for kind, want := range map[string]string{"deaf": "does not come", "status": "list our threads: "} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var below []string
			if kind == "status" {
				below = []string{"sh", "-c", `mount -t tmpfs none /proc && exec "$@"`, "sh"}
			}
			if out := prisonerOf(t, kind, below...); !strings.HasPrefix(out, "confine ourselves: ") || !strings.Contains(out, want) {
				t.Error(out)
			}
		})
	}
}
