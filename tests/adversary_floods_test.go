//go:build adversary

package tests

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floods are kinds of them (testdata/adversary/floods.c), with their counts and which of what they ask is decided, and so logged.
var floods = []struct {
	kind   string
	count  int
	logged string // "answered": as many at the least. "": not counted
}{
	{"caught", 20_000, "asked"},        // questions, each of which is caught
	{"connected", 100_000, "answered"}, // questions by a connected socket, as fast as the processor sends
	{"deaf", 100_000, "answered"},      // the same by who never reads
	{"sockets", 10_000, "answered"},    // sockets at once, each of which asks
	{"many", 1_800, "answered"},        // connected sockets at once
	{"silent", 10_000, ""},             // TCP connections that say nothing
	{"processes", 2_000, "answered"},   // each of which asks, and stays
	{"bomb", 300, ""},                  // of forks, under a limit of processes
	{"refused", 20_000, "answered"},    // calls of 64 threads to addresses that are nobody's
}

// supervisorMost is what a flood may make the supervisor hold, in KiB.
const supervisorMost = 160 << 10

// A flood keeps nobody else from answers, but for one in a hundred that are asked twice, costs the supervisor no more memory than it may, and the log is complete.
func TestAdversaryFloods(t *testing.T) {
	for _, f := range floods {
		if f.kind == "bomb" && os.Geteuid() == 0 {
			continue // there is no limit to root's processes
		}
		t.Run(f.kind, func(t *testing.T) {
			count, lookups := f.count, scaled(50, 20, 1)
			if f.kind == "processes" {
				count = scaled(500, 10, 1)
			}
			log := t.TempDir() + "/log"
			// The command waits before it ends, so that the supervisor can be looked at.
			script := `"$0" "$@"; read x`
			cmd := exec.Command(binary, slices.Concat([]string{"--quiet", "--audit", log}, static, []string{"--", "sh", "-c", script, program("floods"), f.kind, strconv.Itoa(count), strconv.Itoa(lookups)})...)
			stdin, err := cmd.StdinPipe()
			must(t, err)
			text := line(t, startLines(t, cmd))
			most := field(t, cmd.Process.Pid, "VmHWM")
			_, err = io.WriteString(stdin, "\n")
			must(t, err)
			must(t, cmd.Wait())
			var asked, answered, failed, wrong, late, median, most99, longest int
			if _, err := fmt.Sscanf(text, "asked %d answered %d failed %d wrong %d late %d p50 %d p99 %d longest %d", &asked, &answered, &failed, &wrong, &late, &median, &most99, &longest); err != nil {
				t.Fatalf("%q, %v", text, err)
			}
			// The kernel's queue may be full in the moment before the flood is noticed, and glibc asks again after five seconds.
			if wrong > 0 || late > 1+lookups/100 || longest > int(2*hang.Microseconds()) {
				t.Errorf("others' look-ups: %s", text)
			}
			if most > supervisorMost {
				t.Errorf("the supervisor held %d KiB", most)
			}
			if asked < min(count, 1000) && f.kind != "bomb" || f.kind == "bomb" && failed == 0 {
				t.Errorf("no flood: %s", text)
			}
			got := decided(t, log)
			if f.logged == "answered" && got < answered || f.logged == "asked" && got != asked+lookups {
				t.Errorf("the log has %d decisions: %s", got, text)
			}
			t.Logf("%s; the log has %d decisions; the supervisor held %d KiB", text, got, most)
		})
	}
}

// decided counts what a log says: a line, or as many as were folded into it but for the first, whose line was written at once.
func decided(t *testing.T, log string) (n int) {
	t.Helper()
	for _, e := range logged(t, log) {
		n++
		if count, ok := e["count"].(float64); ok {
			n += int(count) - 2
		}
	}
	return n
}

// field is a number of a process's status.
func field(t *testing.T, pid int, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(status), "\n"+name+":")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return n
}
