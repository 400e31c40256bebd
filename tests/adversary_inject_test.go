//go:build adversary

package tests

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/ordinary"
)

// traced attaches strace to every thread of a process, and to those it makes. The function it returns takes it off again, and says what
// it has written.
func traced(t *testing.T, pid int, file string, options ...string) (stop func() string) {
	t.Helper()
	cmd := exec.Command("strace", slices.Concat([]string{"-f", "-o", file, "-p", strconv.Itoa(pid)}, options)...)
	r, w, err := os.Pipe()
	must(t, err)
	cmd.Stderr = w
	must(t, cmd.Start())
	must(t, w.Close())
	await(t, bufio.NewReader(r), "attached")
	return func() string {
		t.Helper()
		_ = cmd.Process.Signal(unix.SIGTERM)                               // it may have ended with whom it traced
		stuck := time.AfterFunc(hang/2, func() { _ = cmd.Process.Kill() }) // it waits for the first thread of who has ended, before the others
		_ = cmd.Wait()
		stuck.Stop()
		must(t, r.Close())
		text, err := os.ReadFile(file)
		must(t, err)
		return string(text)
	}
}

// call is the name of a system call in what strace has written.
var call = regexp.MustCompile(`(?m)^\d+ +([a-z_0-9]+)\(`)

// unfailing are calls that cannot fail as they are made, do not come back, or have done their work where they fail, as close(2) has. Without the stack for
// signals that sigaltstack(2) gives each new thread, the Go runtime would take them on the stack of the goroutine, and be lost.
var unfailing = []string{"exit", "exit_group", "rt_sigreturn", "restart_syscall", "gettid", "getpid", "close", "kill", "sigaltstack"}

// path are the system calls that a process makes while everything is asked: those that it made each time, and those that it made now and then.
func (p *patient) path(pid int) (always, sometimes []string) {
	t := p.o.t
	t.Helper()
	const times = 3
	counts := map[string]int{}
	for range times {
		stop := traced(t, pid, p.o.path("trace"))
		if got := p.ask("strace"); !got.right() {
			t.Fatalf("traced: %v", got)
		}
		seen := map[string]int{}
		for _, m := range call.FindAllStringSubmatch(stop(), -1) {
			seen[m[1]] = 1
		}
		for name := range seen {
			counts[name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		switch {
		case slices.Contains(unfailing, name):
		case counts[name] == times:
			always = append(always, name)
		default:
			sometimes = append(sometimes, name)
		}
	}
	return always, sometimes
}

// injected hurts each of a process's calls, one by one, in each of some ways. who finds the process of the run that there is.
func (p *patient) injected(name string, who func() int, ways []string) {
	t := p.o.t
	t.Helper()
	always, sometimes := p.path(who())
	if len(always) < 5 {
		t.Fatalf("the path of the %s is %v", name, always)
	}
	met, missed := 0, 0
	for i, syscall := range slices.Concat(always, sometimes) {
		for _, way := range some(ways, i) {
			hurt := wound(syscall + ":" + way).on(name)
			what := ""
			stop := traced(t, who(), p.o.path("trace"), "-e", "trace="+syscall, "-e", fmt.Sprintf("inject=%s:%s", syscall, way))
			p.asked(hurt, func() { what = stop() })
			switch {
			case strings.Contains(what, "(INJECTED)") || strings.Contains(what, "killed by"):
				met++
			case slices.Contains(always, syscall) && strings.HasSuffix(way, "when=1"):
				missed++
			}
		}
	}
	if missed > (len(always)+3)/4 && !long() {
		t.Errorf("%d injections into calls that are always made met none", missed)
	}
	t.Logf("%s: always %v, now and then %v: %d injections met a call", name, always, sometimes, met)
}

// some are, in the short set, one of several, by turns.
func some(ways []string, turn int) []string {
	if long() {
		return ways
	}
	turn %= len(ways)
	return ways[turn : turn+1]
}

// keeperPID finds the keeper of the run.
func (p *patient) keeperPID() int {
	p.o.t.Helper()
	return (&tree{cmd: p.cmd}).keeper(p.o.t)
}

// users are whom the run is of: a tracer of somebody who may not be looked into is root.
func users() []int {
	switch {
	case os.Geteuid() != 0:
		return nil // root's pass tries it as an ordinary user
	case long():
		return []int{ordinary.UID, 0}
	}
	return []int{ordinary.UID}
}

// Each system call of the supervisor's that answers, failing once in each thread, costs an answer at the most, or ends the run. Nobody hangs, nothing is
// answered that is denied, and the next question is answered.
func TestAdversaryInjectedErrors(t *testing.T) {
	t.Parallel()
	ways := []string{"error=ENOMEM:when=1", "error=EINTR:when=1", "error=EMFILE:when=1"}
	if long() {
		ways = append(ways, "error=ENOMEM:when=2", "error=EINTR:when=2", "error=EMFILE:when=2", "error=ENOMEM:when=3", "error=ENOMEM:when=1+", "error=EINTR:when=1..9", "error=EMFILE:when=1+", "signal=SIGKILL:when=1", "signal=SIGKILL:when=2")
	}
	for _, user := range users() {
		t.Run(fmt.Sprint("user ", user), func(t *testing.T) {
			p := newPatient(t, user)
			p.start()
			p.injected("supervisor", func() int { return p.cmd.Process.Pid }, ways)
			p.whole()
		})
	}
}

// The keeper, and the visitors that it sends into namespaces, fail and are killed at each of their calls.
func TestAdversaryInjectedErrorsOfTheKeeper(t *testing.T) {
	t.Parallel()
	ways := []string{"error=ENOMEM:when=1", "signal=SIGKILL:when=1"}
	if long() {
		ways = append(ways, "error=EINTR:when=1", "error=EMFILE:when=1", "error=ENOMEM:when=2", "error=ENOMEM:when=1+", "error=EMFILE:when=1+", "signal=SIGKILL:when=2", "signal=SIGKILL:when=3")
	}
	for _, user := range users() {
		t.Run(fmt.Sprint("user ", user), func(t *testing.T) {
			p := newPatient(t, user)
			p.start()
			p.injected("keeper", p.keeperPID, ways)
			p.whole()
		})
	}
}

// The tree ends with its supervisor, whichever of the keeper's calls fails on the way.
func TestAdversaryInjectedErrorsOfTheEnd(t *testing.T) {
	t.Parallel()
	for _, user := range users() {
		p := newPatient(t, user)
		end := func(options ...string) string {
			p.start()
			keeper := p.keeperPID()
			stop := traced(t, keeper, p.o.path("trace"), options...)
			p.end()
			p.ended("the end")
			for deadline := time.Now().Add(hang); unix.Kill(keeper, 0) == nil; {
				if time.Now().After(deadline) {
					t.Errorf("the keeper is left, %v", options)
					break
				}
			}
			return stop()
		}
		seen := map[string]bool{}
		for _, m := range call.FindAllStringSubmatch(end(), -1) {
			seen[m[1]] = true
		}
		if !seen["wait4"] || !seen["kill"] || !seen["pread64"] {
			t.Errorf("the end is %v", seen)
		}
		maps.DeleteFunc(seen, func(name string, _ bool) bool { return slices.Contains(unfailing, name) })
		for i, name := range slices.Sorted(maps.Keys(seen)) {
			for _, way := range some([]string{"error=ENOMEM:when=1", "error=EINTR:when=1..3"}, i) {
				end("-e", "trace="+name, "-e", fmt.Sprintf("inject=%s:%s", name, way))
			}
		}
	}
}
