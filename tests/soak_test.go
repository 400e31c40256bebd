package tests

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// longVar asks for the whole of what otherwise runs in a short form; see `make test-long`.
const longVar = "DNSVISOR_TEST_LONG"

func long() bool { return os.Getenv(longVar) != "" }

// scaled is how much of something a test does: so many times as much where all is asked for, and a part of it with -short, as in a guest that
// is slow.
func scaled(usual, times, part int) int {
	switch {
	case long():
		return usual * times
	case testing.Short():
		return usual / part
	}
	return usual
}

// Look-ups by the thousand from 64 processes are all answered, and cost the supervisor nothing that stays.
func TestManyLookups(t *testing.T) {
	lookups := 6400
	if long() {
		lookups = 200_000
	}
	cmd := exec.Command(binary, "--quiet", "--allow", "*.allowed.test", "--record", "*.allowed.test. A 192.0.2.1", "--", program("flood"), strconv.Itoa(lookups), "64")
	stdin, err := cmd.StdinPipe()
	must(t, err)
	lines := startLines(t, cmd)
	if got := line(t, lines); !strings.Contains(got, "wrong 0,") {
		t.Fatal(got)
	}
	before := usage(t, cmd.Process.Pid)
	got := line(t, lines)
	if !strings.HasPrefix(got, fmt.Sprintf("done %d, wrong 0,", lookups)) {
		t.Error(got)
	}
	after := usage(t, cmd.Process.Pid)
	t.Logf("%s; after a quarter %+v, at the end %+v", got, before, after)
	if after.rss > before.rss*5/4+8<<10 || after.descriptors > before.descriptors+8 || after.threads > before.threads+32 {
		t.Errorf("after a quarter %+v, at the end %+v", before, after)
	}
	must(t, stdin.Close())
}

// used is what a process holds: resident memory in KiB, open descriptors, threads.
type used struct{ rss, descriptors, threads int }

func usage(t *testing.T, pid int) used {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(dir + "status")
	must(t, err)
	field := func(name string) int {
		_, rest, _ := strings.Cut(string(status), "\n"+name+":")
		n, err := strconv.Atoi(strings.Fields(rest)[0])
		must(t, err)
		return n
	}
	return used{field("VmRSS"), descriptors(t, pid), field("Threads")}
}

// leaver is a command that leaves daemons of all kinds behind and asks all the while.
const leaver = `setsid sleep 1000 & (setsid setsid sleep 1000 &) ; nohup sleep 1000 >/dev/null 2>&1 &
while :; do getent hosts a.test >/dev/null; done`

// Runs that end at random moments, killed or not, leave nothing behind: no process, no mount, no file, no descriptor; and so
// no namespace, which only those hold.
func TestRunsLeaveNothing(t *testing.T) {
	runs := 30
	if long() {
		runs = 1000
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	mark := "DNSVISOR_SOAK=" + strconv.FormatUint(seed, 36)
	mounts, descriptors := mountTable(t), usage(t, os.Getpid()).descriptors
	temporary := t.TempDir()
	for range runs {
		one(t, random, mark, temporary)
	}
	for deadline := time.Now().Add(patience); ; {
		left := marked(mark)
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v", left)
		}
	}
	if now := mountTable(t); now != mounts {
		t.Errorf("mounts before:\n%s\nafter:\n%s", mounts, now)
	}
	if now := usage(t, os.Getpid()).descriptors; now > descriptors+2 { // the poller's
		t.Errorf("%d descriptors before, %d after", descriptors, now)
	}
	if files, err := os.ReadDir(temporary); err != nil || len(files) > 0 {
		t.Errorf("files left behind: %v, %v", files, err)
	}
}

// one starts a run and ends it in one of its processes, at a moment between its first and its thirtieth millisecond.
func one(t *testing.T, random *rand.Rand, mark, temporary string) {
	t.Helper()
	cmd := exec.Command(binary, "-q", "--allow", "a.test", "--record", "a.test. A 192.0.2.1", "--", "sh", "-c", leaver)
	cmd.Env = append(os.Environ(), mark, "TMPDIR="+temporary)
	must(t, cmd.Start())
	victim, moment := random.IntN(4), time.Duration(random.IntN(30_000))*time.Microsecond
	timer := time.AfterFunc(moment, func() {
		pid := cmd.Process.Pid
		signal := syscall.SIGKILL
		for range victim % 3 { // the supervisor, the keeper, the command
			if below := childrenOf(pid); len(below) > 0 {
				pid = below[0]
			}
		}
		if victim == 3 {
			signal = syscall.SIGTERM
		}
		_ = syscall.Kill(pid, signal) // it may be gone
	})
	defer timer.Stop()
	hang := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // killed, most of them
	if !hang.Stop() {
		t.Fatalf("the run hangs: victim %d after %v", victim, moment)
	}
}

// childrenOf lists the children of every thread of a process.
func childrenOf(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var pids []int
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// marked lists the processes that have a variable in their environment.
func marked(variable string) []string {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	var found []string
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		environ, _ := io.ReadAll(f)
		_ = f.Close()
		if bytes.Contains(environ, []byte(variable)) {
			found = append(found, file)
		}
	}
	return found
}

func mountTable(t *testing.T) string {
	t.Helper()
	table, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	return string(table)
}
