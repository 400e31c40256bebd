//go:build clients

package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The five names. The first three resolve, the fourth is allowed and does not exist, the last exists and is denied.
const (
	host   = "host.clients.example"
	alias  = "alias.clients.example"
	six    = "six.clients.example"
	absent = "absent.clients.example"
	denied = "denied.clients.example"
)

// zone is what dnsmasq serves: loopback addresses, so that a client which connects finds a server inside the tree.
var zone = []string{
	"--local=/clients.example/", "--host-record=host.clients.example,127.0.0.2", "--host-record=real.clients.example,127.0.0.3",
	"--cname=alias.clients.example,real.clients.example", "--host-record=six.clients.example,::1", "--host-record=denied.clients.example,127.0.0.4",
}

// patience bounds one client with all its names.
const patience = 10 * time.Minute

// world is a network namespace with dnsmasq on 127.0.0.1, and a mount namespace whose resolv.conf names it.
type world struct {
	t   *testing.T
	dir string
	pid string
}

// newWorld makes one. hosts is the hosts line of its nsswitch.conf; services are started in it before, by a shell.
func newWorld(t *testing.T, hosts, services string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	passwd, err := os.ReadFile("/etc/passwd")
	must(t, err)
	id := strconv.Itoa(os.Geteuid())
	if !bytes.Contains(passwd, []byte(":"+id+":")) {
		passwd = append(passwd, "tester54321:x:"+id+":"+id+"::"+w.dir+":/bin/sh\n"...) // ssh refuses a user without an entry
	}
	for name, text := range map[string]string{
		"resolv.conf":   "nameserver 127.0.0.1\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nhosts: " + hosts + "\n",
		"passwd":        string(passwd),
	} {
		must(t, os.WriteFile(w.path(name), []byte(text), 0o644))
	}
	script := `set -e
		ip link set lo up
		for f in resolv.conf nsswitch.conf passwd; do mount --bind "$1/$f" "$(readlink -f /etc/$f)"; done
		echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		` + services + `
		shift
		exec dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null --pid-file= --no-resolv --no-hosts --listen-address=127.0.0.1 --bind-interfaces "$@" 2>&1`
	args := slices.Concat([]string{"--user", "--map-current-user", "--keep-caps", "--net", "--mount", "sh", "-c", script, "sh", w.dir}, zone)
	holder := exec.Command("unshare", args...)
	holder.Env = append(os.Environ(), "BUILT="+built, "WORLD="+w.dir)
	out := startLines(t, holder)
	await(t, out, "using only locally-known addresses")
	w.pid = strconv.Itoa(holder.Process.Pid)
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// enter is a command in the world.
func (w *world) enter(args ...string) *exec.Cmd {
	c := exec.Command("nsenter", slices.Concat([]string{"-t", w.pid, "-n", "-m", "-U", "--preserve-credentials", "--wd=" + w.dir}, args)...)
	c.Env = append(os.Environ(), "HOME="+w.dir, "LC_ALL=C.UTF-8", "NO_COLOR=1", "BUILT="+built,
		"UNDICI="+filepath.Join(built, "cache/node_modules/undici"), "ERL_CRASH_DUMP_SECONDS=0")
	return c
}

// inside prefixes a command with codex-dnsvisor and the policy that allows all names but one.
func inside(args ...string) []string {
	prefix := []string{program("codex-dnsvisor"), "--upstream", "udp://127.0.0.1"}
	for _, name := range []string{host, alias, "real.clients.example", six, absent} {
		prefix = append(prefix, "--allow", name)
	}
	return slices.Concat(prefix, []string{"--"}, args)
}

// outcome is what one client did with one name.
type outcome struct {
	output string
	millis float64 // of its fastest run
}

// ask runs a client for each of some names, and returns what it did and what codex-dnsvisor said.
func (w *world) ask(wrap func(...string) []string, command []string, rounds int, names ...string) (map[string]outcome, string) {
	w.t.Helper()
	c := w.enter(wrap(slices.Concat([]string{program("each"), strings.Join(names, ","), strconv.Itoa(rounds)}, command)...)...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	must(w.t, c.Start())
	timer := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	if err := c.Wait(); err != nil {
		w.t.Fatalf("%v: %v\n%s%s", command, err, stdout.String(), stderr.String())
	}
	found := map[string]outcome{}
	for decoder := json.NewDecoder(&stdout); decoder.More(); {
		var run struct {
			Name, Output string
			Millis       float64
		}
		must(w.t, decoder.Decode(&run))
		if before, ok := found[run.Name]; !ok || run.Millis < before.millis {
			found[run.Name] = outcome{run.Output, run.Millis}
		}
	}
	return found, stderr.String()
}

// bare runs a command without codex-dnsvisor.
func bare(args ...string) []string { return args }

// startLines starts a command that the test ends, and returns what it prints. Reading is bounded.
func startLines(t *testing.T, c *exec.Cmd) *bufio.Reader {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { r.Close() })
	c.Stdout, c.Stderr = w, w
	must(t, c.Start())
	must(t, w.Close())
	must(t, r.SetReadDeadline(time.Now().Add(time.Minute)))
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return bufio.NewReader(r)
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
