package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAdversaryScatter: random socket calls, of four threads that share their descriptors, end nothing but themselves. The supervisor lives on
// and holds no more than before, nothing gets out, the log is whole, and the next look-up is answered.
func TestAdversaryScatter(t *testing.T) {
	seconds, until := 3, time.Now()
	if long() {
		seconds, until = 20, time.Now().Add(15*time.Minute) // as root, and as much as an ordinary user
	}
	o := newOutside(t)
	calls, rounds := 0, 0
	for ways := [][]string{nil, {"unshare", "-Urn"}}; rounds < len(ways) || time.Now().Before(until); rounds++ {
		calls += o.scatter(seconds, ways[rounds%len(ways)])
	}
	for _, packet := range o.captured() {
		t.Errorf("got out: %s", packet)
	}
	if calls < scaled(1000, 1, 10)*rounds {
		t.Errorf("%d calls in %d rounds", calls, rounds)
	}
	t.Logf("%d calls in %d rounds", calls, rounds)
}

// scatter runs the client once, in a sandbox if there is one, and returns how many calls it made.
func (o *outside) scatter(seconds int, sandbox []string) (calls int) {
	o.t.Helper()
	log := o.path("scatter.log")
	seed := strconv.Itoa(int(rand.Uint32()))
	cmd := o.enter(slices.Concat([]string{binary, "--quiet", "--audit", log}, static, []string{"--"}, sandbox, []string{
		"sh", "-c", `"$0" "$1" "$2" && exec getent hosts host.example`, program("scatter"), seed, strconv.Itoa(seconds),
	})...)
	stdin, err := cmd.StdinPipe()
	must(o.t, err)
	lines := startLines(o.t, cmd)
	fail := func(format string, args ...any) {
		o.t.Helper()
		o.t.Errorf("scatter %s %d %v: %s", seed, seconds, sandbox, fmt.Sprintf(format, args...))
	}
	if got := line(o.t, lines); got != "warm" {
		fail("%q", got)
		return 0
	}
	before := usage(o.t, cmd.Process.Pid)
	if got := line(o.t, lines); !strings.HasPrefix(got, "calls ") {
		fail("%q", got)
		return 0
	} else if calls, err = strconv.Atoi(strings.TrimPrefix(got, "calls ")); err != nil {
		fail("%v", err)
	}
	after := usage(o.t, cmd.Process.Pid)
	if after.rss > before.rss*2+64<<10 || after.descriptors > before.descriptors+64 || after.threads > before.threads+64 {
		fail("at first %+v, at the end %+v", before, after)
	}
	_, err = io.WriteString(stdin, "\n")
	must(o.t, err)
	if got := line(o.t, lines); got != "2001:db8::1     host.example" {
		fail("%q", got)
	}
	must(o.t, stdin.Close())
	o.wholeLog(log, fail)
	return calls
}

// wholeLog reads what was logged, removes it, and says what of it is no line.
func (o *outside) wholeLog(path string, fail func(string, ...any)) {
	o.t.Helper()
	f, err := os.Open(path)
	must(o.t, err)
	defer f.Close()
	must(o.t, os.Remove(path))
	count := 0
	for lines := bufio.NewScanner(f); lines.Scan(); count++ {
		var e map[string]any
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e["event.name"] == nil {
			fail("the log has %q: %v", lines.Text(), err)
		}
	}
	if count == 0 {
		fail("the log is empty")
	}
}
