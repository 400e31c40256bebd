package tests

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// hailed is what the client hail tells.
type hailed struct{ asked, answered, twice, wrong, lost, signals int }

// mayTakeBack is whether this kernel may take a call back after its count was accepted.
func mayTakeBack() bool {
	return sys.FilterFlags()&unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV == 0
}

// Look-ups in a hail of signals of each kind are all answered, each by what belongs to it, and once; where the kernel takes calls
// back, a few of a thousand twice.
func TestHail(t *testing.T) {
	count := scaled(2000, 10, 5)
	flags := []string{"--quiet", "--allow", "*.corp.test", "--record", "*.corp.test. A 127.0.0.1", "--"}
	for _, before519 := range []bool{false, true} {
		if before519 && mayTakeBack() {
			break // the kernel is one of those
		}
		for _, how := range []string{"timer", "urg", "chld", "stop", "kill"} {
			name, args := how, slices.Concat([]string{binary}, flags, []string{program("hail"), how, strconv.Itoa(count), "9.9.9.9"})
			if before519 {
				name, args = how+", as before 5.19", append(masking("wait_killable"), args...)
			}
			t.Run(name, func(t *testing.T) {
				got := finish(t, exec.Command(args[0], args[1:]...))
				var h hailed
				if _, err := fmt.Sscanf(got.stdout, "asked %d answered %d twice %d wrong %d lost %d signals %d\n",
					&h.asked, &h.answered, &h.twice, &h.wrong, &h.lost, &h.signals); err != nil {
					t.Fatalf("%v: %+v", err, got)
				}
				twice, unanswered := 0, 0
				if before519 || mayTakeBack() {
					twice = count / 100
				}
				if how == "kill" {
					unanswered = h.signals // who was killed in mid-call got none
				}
				if h.asked != count || h.wrong != 0 || h.lost != 0 || h.twice > twice || h.answered < count-unanswered {
					t.Errorf("%+v, %s", h, got.stderr)
				}
				if h.signals < count/200 {
					t.Errorf("no hail: %+v", h)
				}
			})
		}
	}
}

// A shell whose children die all the while resolves names itself.
func TestShellOfDyingChildren(t *testing.T) {
	count := scaled(200, 10, 4)
	const script = `trap 'n=$((n+1))' CHLD
		for ((i = 0; i < $1; i++)); do : & : & exec 3<>/dev/udp/h$i.corp.test/9 || echo failed $i; exec 3>&-; done
		wait; ((n >= $1)) && echo done || echo $n children`
	got := run(t, "--quiet", "--allow", "*.corp.test", "--record", "*.corp.test. A 127.0.0.1", "--", "bash", "-c", script, "bash", strconv.Itoa(count))
	if got.stdout != "done\n" {
		t.Errorf("%+v", got)
	}
}

// A Go program, whose threads are preempted by signals all the while, gets an answer to each of its questions.
func TestPreemption(t *testing.T) {
	each := scaled(20, 50, 2)
	got := run(t, "--quiet", "--allow", "*.corp.test", "--record", "*.corp.test. A 127.0.0.1", "--", program("storm"), "9.9.9.9", strconv.Itoa(each))
	var once, otherwise int
	if _, err := fmt.Sscanf(got.stdout, "once %d otherwise %d\n", &once, &otherwise); err != nil || once+otherwise != each*100 {
		t.Fatalf("%+v, %v", got, err)
	}
	if otherwise > 0 && !mayTakeBack() || otherwise > each {
		t.Errorf("%+v", got)
	}
}
