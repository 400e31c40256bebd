package tests

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patienceVar is how many minutes a wait may take, where it is not one: an emulated machine on a busy one is six times as slow as by itself.
const patienceVar = "DNSVISOR_TEST_PATIENCE"

// patience bounds every wait of a test: past it something hangs.
var patience = func() time.Duration {
	minutes, err := strconv.Atoi(os.Getenv(patienceVar))
	if err != nil {
		minutes = 1
	}
	return time.Duration(minutes) * time.Minute
}()

// outside is the network that a run of codex-dnsvisor stands in: a namespace of the test's own with an interface and
// default routes, so that whatever left the tree would be seen, a real unbound on 127.0.0.1, and a
// capture of everything.
type outside struct {
	t    *testing.T
	dir  string
	pid  string
	pcap string
}

// zone is what unbound serves as corp.test, and as corp.example, which is no name of special use.
const zone = `$ORIGIN corp.test.
$TTL 300
@       SOA ns hostmaster 1 3600 600 86400 60
@       NS ns
ns      A 127.0.0.1
a       A 192.0.2.1
a       AAAA 2001:db8::1
only6   AAAA 2001:db8::6
alias   CNAME middle
middle  CNAME backend
backend A 192.0.2.10
backend AAAA 2001:db8::10
leads   CNAME secret
secret  A 192.0.2.66
local   A 127.0.0.1
meta    A 169.254.169.254
`

func bigRecords() string {
	var b strings.Builder
	for i := range 120 {
		fmt.Fprintf(&b, "big A 198.51.100.%d\n", i)
	}
	return b.String()
}

// newOutside makes the namespace, sets it up further as a shell's commands say, and starts unbound and the capture in it.
func newOutside(t *testing.T, setup ...string) *outside {
	t.Helper()
	o := &outside{t: t, dir: t.TempDir()}
	o.pcap = o.path("capture.pcap")
	// An ordinary user keeps his own id: tcpdump takes id 0 for root and wants to become another.
	flags := []string{"--net"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-current-user", "--keep-caps")
	}
	const script = `set -e
		ip link set lo up; ip link add out0 type veth peer name out1; ip link set out1 up; ip link set out0 up
		for n in 2 3 4; do ip addr add 127.0.0.$n/8 dev lo; done
		ip addr add 10.9.8.7/24 dev out0; ip addr add fd00:9::7/64 dev out0 nodad
		ip neigh add 10.9.8.1 lladdr 02:00:00:00:00:01 dev out0; ip neigh add fd00:9::1 lladdr 02:00:00:00:00:01 dev out0
		ip route add default via 10.9.8.1; ip -6 route add default via fd00:9::1
		echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		eval "$3"
		exec tcpdump -i any -U -n $1 -w "$2" 2>&1`
	user := ""
	if os.Geteuid() == 0 {
		user = "-Zroot"
	}
	holder := exec.Command("unshare", append(flags, "sh", "-c", script, "sh", user, o.pcap, strings.Join(setup, "\n"))...)
	stdout := startLines(t, holder)
	await(t, stdout, "listening on")
	o.pid = strconv.Itoa(holder.Process.Pid)
	o.startUnbound()
	return o
}

func (o *outside) path(name string) string { return filepath.Join(o.dir, name) }

// enter is a command in the namespace.
func (o *outside) enter(args ...string) *exec.Cmd {
	prefix := []string{"-t", o.pid, "-n", "--wd=" + o.dir}
	if os.Geteuid() != 0 {
		prefix = append(prefix, "-U", "--preserve-credentials")
	}
	return exec.Command("nsenter", append(prefix, args...)...)
}

// startLines starts a command that the test ends, and returns what it prints. Reading is bounded.
func startLines(t *testing.T, c *exec.Cmd) *bufio.Reader {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { r.Close() })
	c.Stdout = w
	must(t, c.Start())
	must(t, w.Close())
	must(t, r.SetReadDeadline(time.Now().Add(patience)))
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return bufio.NewReader(r)
}

func (o *outside) startUnbound() {
	o.t.Helper()
	must(o.t, os.WriteFile(o.path("corp.test.zone"), []byte(zone+bigRecords()), 0o644))
	must(o.t, os.WriteFile(o.path("corp.example.zone"), []byte(strings.ReplaceAll(zone, "corp.test.", "corp.example.")), 0o644))
	config := `server:
	interface: 127.0.0.1
	port: 53
	username: ""
	chroot: ""
	directory: "` + o.dir + `"
	pidfile: ""
	use-syslog: no
	verbosity: 1
	do-daemonize: no
	module-config: "iterator"
	access-control: 127.0.0.0/8 allow
	local-zone: "test." nodefault
remote-control:
	control-enable: no
auth-zone:
	name: corp.test
	zonefile: "corp.test.zone"
	for-downstream: yes
auth-zone:
	name: corp.example
	zonefile: "corp.example.zone"
	for-downstream: yes
`
	must(o.t, os.WriteFile(o.path("unbound.conf"), []byte(config), 0o644))
	log := startLines(o.t, o.enter("sh", "-c", "exec unbound -d -c unbound.conf 2>&1"))
	await(o.t, log, "start of service")
}

// sentinel is a name that the test itself asks unbound, to know that the capture has all that came before.
const sentinel = "sentinel.corp.test"

// ofInterface are what the interface itself says when it comes up.
var ofInterface = regexp.MustCompile(`ICMP6, (router|neighbor|multicast listener) `)

// captured returns a line for each packet so far, the sentinel's left out.
func (o *outside) captured() []string {
	o.t.Helper()
	deadline := time.Now().Add(patience)
	for i := 0; time.Now().Before(deadline); i++ {
		name := fmt.Sprintf("%d.%s", i, sentinel)
		_ = o.enter("dig", "+tries=1", "+time=2", "@127.0.0.1", name).Run()
		out, err := exec.Command("tcpdump", "-r", o.pcap, "-nn").Output()
		if err != nil || !bytes.Contains(out, []byte(name)) {
			continue
		}
		var lines []string
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, sentinel) && !ofInterface.MatchString(line) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		return sentinelAnswersDropped(lines)
	}
	o.t.Fatal("the capture does not show the test's own question")
	return nil
}

// sentinelAnswersDropped leaves out NXDOMAIN answers, which name no question.
func sentinelAnswersDropped(lines []string) []string {
	var kept []string
	for _, line := range lines {
		if !strings.Contains(line, "127.0.0.1.53 >") {
			kept = append(kept, line)
		}
	}
	return kept
}

// result is what a finished command left.
type result struct {
	status         int
	stdout, stderr string
}

func finish(t *testing.T, c *exec.Cmd) result {
	t.Helper()
	return finishWithin(t, c, patience)
}

func finishWithin(t *testing.T, c *exec.Cmd, bound time.Duration) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	must(t, c.Start())
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	waits := make(chan string, 1)
	stop := context.AfterFunc(ctx, func() {
		waits <- standstill(c.Process.Pid)
		abandon(c)
	})
	err := c.Wait()
	if !stop() {
		t.Fatalf("%v hangs\n%s%s%s", c.Args, <-waits, stdout.String(), stderr.String())
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// run runs codex-dnsvisor where the test itself runs.
func run(t *testing.T, args ...string) result {
	t.Helper()
	return finish(t, exec.Command(binary, args...))
}

// run runs codex-dnsvisor in the namespace.
func (o *outside) run(args ...string) result {
	o.t.Helper()
	return finish(o.t, o.enter(append([]string{binary}, args...)...))
}

// await reads lines until one contains text.
func await(t *testing.T, r *bufio.Reader, text string) {
	t.Helper()
	var read strings.Builder
	for {
		line, err := r.ReadString('\n')
		read.WriteString(line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			t.Fatalf("%q did not come: %v\n%s", text, err, read.String())
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
