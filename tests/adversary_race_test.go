//go:build adversary

package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// race runs a race in a place, and wants nothing to be seen outside and no answer for the name that is denied.
func race(t *testing.T, place, program string, around ...string) {
	t.Helper()
	p := places[place]
	seconds := scaled(5, 12, 1)
	o := newOutside(t)
	under := slices.Concat(around, []string{binary}, p.flags, []string{"--quiet", "--allow", "host.example", "--record", "host.example. 60 IN A 192.0.2.1", "--"}, p.sandbox, []string{program, strconv.Itoa(seconds), "16"})
	got := finishWithin(t, o.enter(under...), patience+time.Duration(seconds)*time.Second)
	var calls, answers, leaks int
	if _, err := fmt.Sscanf(got.stdout, "calls %d answers %d leaks %d", &calls, &answers, &leaks); err != nil || got.status != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if calls < scaled(1000, 1, 10) || answers < scaled(100, 1, 100) || leaks > 0 {
		t.Errorf("not a race that tells: %+v", got)
	}
	t.Log(strings.TrimSpace(got.stdout))
	for _, packet := range o.captured() {
		t.Errorf("got out: %s", packet)
	}
}

func raceEverywhere(t *testing.T, name string, around ...string) {
	t.Helper()
	for _, place := range where() {
		t.Run(place, func(t *testing.T) { race(t, place, program(name), around...) })
	}
}

// What headers, vectors, lengths and names say changes while it is read.
func TestAdversaryRacesHeaders(t *testing.T) { raceEverywhere(t, "race_headers") }

// What stands behind a descriptor changes while calls are made on it.
func TestAdversaryRacesTables(t *testing.T) { raceEverywhere(t, "race_tables") }

// Processes end and become others in the midst of their calls, and others get their ids: at once where a PID namespace has a bound of its
// own (Linux 6.14).
func TestAdversaryRacesLives(t *testing.T) {
	const few = `echo 500 >/proc/sys/kernel/pid_max 2>/dev/null; exec "$@"`
	raceEverywhere(t, "race_lives", "unshare", "-Upf", "--map-root-user", "--mount-proc", "sh", "-c", few, "sh")
}

// Memory that a target keeps from the supervisor holds up nobody else, and not the end of the run. An ordinary user has none that does since
// Linux 5.11, which is also the first to have the other kind.
func TestAdversaryHoldsReads(t *testing.T) {
	for _, place := range where() {
		for kind, want := range map[string]string{
			"user":   "answers 50, held calls that ended 60, with EFAULT 60\n",
			"kernel": "answers 50, held calls that ended 0, with EFAULT 0\n",
			"fuse":   "answers 50, held calls that ended 8, with EFAULT 0\n", // looks at paths, which such a file system lets nobody outside take
		} {
			t.Run(place+", "+kind, func(t *testing.T) {
				if bare := finish(t, exec.Command(program("hold"), kind, "0")); strings.HasPrefix(bare.stdout, "none here") {
					want = bare.stdout
				}
				p := places[place]
				flags := []string{"--quiet", "--allow", "host.example", "--record", "host.example. 60 IN A 192.0.2.1", "--"}
				if got := run(t, slices.Concat(p.flags, flags, p.sandbox, []string{program("hold"), kind, "60"})...); got.stdout != want || got.status != 0 {
					t.Errorf("%+v, want %q", got, want)
				}
			})
		}
	}
}

// Pages that somebody outside provides keep the tree from its end no more than others' answers. Where the kernel does not let go of who reads them, as
// with a file system that was asked already, what is left of the supervisor ends with that server.
func TestAdversaryHoldsReadsFromOutside(t *testing.T) {
	const accomplice = `import socket, sys
u = socket.socket(socket.AF_UNIX); u.bind(sys.argv[1]); u.listen(100); print("listening", flush=True)
fds = []
while True: c = u.accept()[0]; fds += socket.recv_fds(c, 1, 1)[1]; c.send(b"x")`
	hold := program("hold")
	for _, kind := range []string{"fuse", "kernel"} {
		if bare := finish(t, exec.Command(hold, kind, "0")); bare.stdout != "" {
			t.Log(kind, bare.stdout) // which TestAdversaryHoldsReads has tried
			continue
		}
		t.Run(kind, func(t *testing.T) {
			door := filepath.Join(shortDir(t), "door")
			helper := exec.Command("/usr/bin/python3", "-c", accomplice, door)
			await(t, startLines(t, helper), "listening")
			r, w, err := os.Pipe()
			must(t, err)
			cmd := exec.Command(binary, slices.Concat([]string{"--quiet"}, static, []string{"--", hold, kind, "60", door})...)
			cmd.ExtraFiles = []*os.File{w}
			lines := startLines(t, cmd)
			must(t, w.Close())
			await(t, lines, "answers 50, ")
			(&tree{cmd, r}).gone(t)
			if kind == "fuse" {
				must(t, helper.Process.Kill())
				_ = helper.Wait()
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err := <-ended:
				must(t, err)
			case <-time.After(2 * hang):
				t.Error("the run does not end")
			}
			must(t, r.Close())
		})
	}
}
