//go:build codex

package codex

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	alias     = "internal-data.example.corp"          // what users call it, and Codex's configuration allows
	canonical = "backend-canonical-host.example.corp" // what its Kerberos principal is named after
	other     = "internal-other.example.corp"         // exists, and is not allowed
)

// patience bounds every wait of a test: past it something hangs.
const patience = 2 * time.Minute

// world is a company's network: a network namespace of the test's own, nothing outside it, in which BIND, a KDC and Apache run,
// with the files that their machine would have in /etc.
type world struct {
	t   *testing.T
	dir string
	pid string
	env []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755)) // Apache does not stay root
	w := &world{t: t, dir: dir}
	for _, name := range []string{"kdc", "www", "codex", "home", "tmp", "work"} {
		must(t, os.Mkdir(w.path(name), 0o755))
	}
	must(t, os.Chmod(w.path("tmp"), os.ModeSticky|0o777)) // Apache's replay cache
	for name, text := range map[string]string{
		"resolv.conf":   "nameserver 10.88.0.53\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
		"www/data":      "the data\n",
		"kdc/acl":       "",
	} {
		must(t, os.WriteFile(w.path(name), []byte(text), 0o644))
	}
	places := strings.NewReplacer("DIR", dir, "BUILT", built)
	for _, name := range []string{"krb5.conf", "kdc.conf", "named.conf", "example.corp.zone", "reverse.zone", "apache2.conf", "tinyproxy.conf", "allowlist"} {
		text, err := os.ReadFile(program("testdata/" + name))
		must(t, err)
		must(t, os.WriteFile(w.path(name), []byte(places.Replace(string(text))), 0o644))
	}
	w.configure("", "")
	authority := program("host.crt")
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.path("home"), "LC_ALL=C.UTF-8",
		"TMPDIR=" + w.path("tmp"), "CODEX_HOME=" + w.path("codex"), // Codex refuses a home below the directory for temporary files
		"KRB5_CONFIG=" + w.path("krb5.conf"), "KRB5_KDC_PROFILE=" + w.path("kdc.conf"), "KRB5CCNAME=FILE:" + w.path("cc"),
		"REQUESTS_CA_BUNDLE=" + authority, "CURL_CA_BUNDLE=" + authority, "GIT_SSL_CAINFO=" + authority, "NODE_EXTRA_CA_CERTS=" + authority,
	}
	w.start()
	return w
}

// start makes the namespaces and starts what runs in them. Tickets are there when it returns.
func (w *world) start() {
	w.t.Helper()
	flags := []string{"--net", "--mount"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-current-user", "--keep-caps")
	}
	const script = `set -e
		ip link set lo up
		for a in 53 88 10 11; do ip addr add 10.88.0.$a/32 dev lo; done
		for f in resolv.conf nsswitch.conf; do mount --bind "$1/$f" "$(readlink -f /etc/$f)"; done
		echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		exec named -g -c "$1/named.conf"`
	holder := exec.Command("unshare", append(flags, "sh", "-c", script, "sh", w.dir)...)
	w.service(holder, " running")
	w.pid = strconv.Itoa(holder.Process.Pid)
	w.must("kdb5_util", "create", "-s", "-r", "EXAMPLE.CORP", "-P", "master")
	w.must("kadmin.local", "-p", "admin", "-q", "addprinc -pw password alice")
	w.must("kadmin.local", "-p", "admin", "-q", "addprinc -randkey HTTP/"+canonical)
	w.must("kadmin.local", "-p", "admin", "-q", "ktadd -k "+w.path("http.keytab")+" HTTP/"+canonical)
	must(w.t, os.Chmod(w.path("http.keytab"), 0o644))
	w.service(w.command("krb5kdc", "-n"), "commencing operation")
	w.service(w.command("apache2", "-DFOREGROUND", "-f", w.path("apache2.conf")), "resuming normal operations")
	w.must("sh", "-c", "echo password | kinit alice && kvno HTTP/"+canonical)
}

// configure writes Codex's configuration: the example, with one text in another's place, or at the end.
func (w *world) configure(old, text string) {
	w.t.Helper()
	config, err := os.ReadFile(program("testdata/examples/codex/config.toml"))
	must(w.t, err)
	if old == "" {
		config = append(config, text...)
	}
	if !bytes.Contains(config, []byte(old)) {
		w.t.Fatalf("the example has no %s", old)
	}
	must(w.t, os.WriteFile(w.path("codex/config.toml"), bytes.Replace(config, []byte(old), []byte(text), min(len(old), 1)), 0o644))
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// command is a command in the world.
func (w *world) command(args ...string) *exec.Cmd {
	prefix := []string{"-t", w.pid, "-n", "-m", "--wdns=" + w.path("work")}
	if os.Geteuid() != 0 {
		prefix = append(prefix, "-U", "--preserve-credentials")
	}
	c := exec.Command("nsenter", slices.Concat(prefix, args)...)
	c.Env = w.env
	return c
}

// must runs a command that prepares the world.
func (w *world) must(args ...string) {
	w.t.Helper()
	if got := finish(w.t, w.command(args...)); got.status != 0 {
		w.t.Fatalf("%v: %+v", args, got)
	}
}

// service starts a command that the test ends, and returns when it has printed that it is ready. What it prints then, a failed test shows.
func (w *world) service(c *exec.Cmd, ready string) {
	w.t.Helper()
	output, out, err := os.Pipe()
	must(w.t, err)
	c.Env, c.Stdout, c.Stderr = w.env, out, out
	must(w.t, c.Start())
	must(w.t, out.Close())
	must(w.t, output.SetReadDeadline(time.Now().Add(patience)))
	var printed bytes.Buffer
	lines := bufio.NewReader(io.TeeReader(output, &printed))
	for line := ""; err == nil && !strings.Contains(line, ready); {
		line, err = lines.ReadString('\n')
	}
	if err != nil {
		defer w.t.FailNow()
	} else {
		printed.Reset()
	}
	must(w.t, output.SetReadDeadline(time.Time{}))
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, lines)
	}()
	w.t.Cleanup(func() {
		hung := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
		defer hung.Stop()
		_ = c.Process.Signal(syscall.SIGTERM) // killed, Apache would leave its workers
		_ = c.Wait()
		<-drained
		output.Close()
		if w.t.Failed() {
			w.t.Logf("%v\n%s", c.Args, printed.String())
		}
	})
}

// result is what a finished command left.
type result struct {
	status         int
	stdout, stderr string
}

func finish(t *testing.T, c *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	must(t, c.Start())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.Process.Kill() })
	err := c.Wait()
	if !stop() {
		t.Fatalf("%v hangs\n%s%s", c.Args, stdout.String(), stderr.String())
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
