package tests

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Sandboxes that have ended leave nothing in the supervisor, and no namespace; and more of them at once than are served are all answered.
func TestSandboxesComeAndGo(t *testing.T) {
	inTurn, atOnce := 200, 20
	if long() {
		inTurn, atOnce = 1000, 100
	}
	const script = `all() { n=0; while [ $n -lt $1 ]; do unshare -Urn getent hosts host.example >/dev/null || echo failed; n=$((n+1)); done; }
		all 3; echo began; read go; all $0; echo ended; read go; for i in $(seq $1); do all 1 & done; wait; echo ended; read go
		echo 1 >/proc/sys/user/max_net_namespaces; until unshare -n true 2>/dev/null; do :; done; echo freed; read go`
	// A user namespace of its own counts the network namespaces of those below, and frees the count with the namespace.
	flags := slices.Concat([]string{"-Ur", binary, "--net=host", "--max-namespaces=8"}, static)
	cmd := exec.Command("unshare", append(flags, "--", "bash", "-c", script, strconv.Itoa(inTurn), strconv.Itoa(atOnce))...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	lines := startLines(t, cmd)
	next := func(want string) {
		if got := line(t, lines); got != want {
			t.Fatal(got)
		}
	}
	next("began")
	before := usage(t, cmd.Process.Pid)
	before.descriptors = settled(t, cmd.Process.Pid, 0)
	for range 2 {
		_, err = io.WriteString(stdin, "go\n")
		must(t, err)
		next("ended")
		after := usage(t, cmd.Process.Pid)
		if after.descriptors = settled(t, cmd.Process.Pid, before.descriptors); after.descriptors > before.descriptors {
			t.Errorf("%d descriptors, and %d before", after.descriptors, before.descriptors)
		}
		t.Logf("%+v, and before %+v", after, before)
		if after.rss > before.rss+16<<10 {
			t.Errorf("%d KiB, and %d before", after.rss, before.rss)
		}
	}
	_, err = io.WriteString(stdin, "go\n")
	must(t, err)
	next("freed")
	if left := goroutines(t, cmd, &stderr); len(left) > 0 {
		t.Errorf("goroutines are left: %q\n%s", left, stderr.String())
	}
}

// serving are the functions that a goroutine of a sandbox is in.
var serving = regexp.MustCompile(`supervisor\.(outlive|\(\*news\)\.\w+|\(\*stub\)\.\w+|\(\*building\)\.\w+|\(\*namespaces\)\.\w+)\(`)

// goroutines ends the supervisor of a run in the host's network as Go's runtime does it, with what each goroutine is at, and returns the
// functions that serve a sandbox.
func goroutines(t *testing.T, cmd *exec.Cmd, stderr *strings.Builder) []string {
	t.Helper()
	must(t, cmd.Process.Signal(unix.SIGABRT))
	hang := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hang.Stop()
	_ = cmd.Wait()
	if !strings.Contains(stderr.String(), "supervisor.Run(") {
		t.Fatalf("no goroutine is told of: %s", stderr.String())
	}
	return serving.FindAllString(stderr.String(), -1)
}

// The goroutines of a sandbox would be seen.
func TestGoroutinesOfASandbox(t *testing.T) {
	cmd := exec.Command(binary, slices.Concat([]string{"--net=host"}, static, []string{"--", "unshare", "-Urn", "sh", "-c", "getent hosts host.example; read end"})...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	_, err := cmd.StdinPipe()
	must(t, err)
	await(t, startLines(t, cmd), "host.example")
	found := strings.Join(goroutines(t, cmd, &stderr), " ")
	for _, want := range []string{"supervisor.outlive(", "supervisor.(*news).follow(", "supervisor.(*stub).serveUDP(", "supervisor.(*stub).serveTCP("} {
		if !strings.Contains(found, want) {
			t.Errorf("%s is not among %s", want, found)
		}
	}
}

// settled counts the supervisor's descriptors once it has let go of its sandboxes: of their sockets, that is all but its own.
func settled(t *testing.T, pid, most int) int {
	t.Helper()
	return settledWithin(t, patience, pid, most)
}

func settledWithin(t *testing.T, limit time.Duration, pid, most int) int {
	t.Helper()
	count := 0
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		fds, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
		must(t, err)
		sockets := 0
		count = len(fds)
		for _, fd := range fds {
			if target, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/fd/" + fd.Name()); err == nil && strings.HasPrefix(target, "socket:") {
				sockets++
			}
		}
		if most == 0 && sockets <= 2 || count <= most {
			break
		}
	}
	return count
}
