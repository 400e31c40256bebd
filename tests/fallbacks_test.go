package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// masking is the start of a command line that runs without features of the kernel.
func masking(names string) []string { return []string{"env", sys.MaskVariable + "=" + names} }

// TestFallbacks does without each feature of the kernel alone, without pairs of which one stands in for the other, and without
// all at once; and in a container whose seccomp profile refuses some. With -short, as in a guest, a feature that is masked alone is tried by the answers.
// Beside this binary it needs the clients that TestMain builds, sh, env, dig, unshare and bwrap.
func TestFallbacks(t *testing.T) {
	var names, required []string
	for _, f := range sys.Features() {
		if f.Required {
			required = append(required, f.Name)
		} else {
			names = append(names, f.Name)
		}
	}
	all := strings.Join(names, ",")
	for _, mask := range slices.Concat([]string{""}, names, []string{"pidfd_thread,kcmp", "pidfd_thread,netns_cookie", "pidfd_getfd,netns_cookie", strings.ReplaceAll(all, ",pidfd_getfd", ""), all}) {
		name := mask
		if len(mask) > 40 {
			name = fmt.Sprint("all with pidfd_getfd ", mask == all)
		}
		t.Run("without "+name, func(t *testing.T) {
			t.Parallel()
			m := &without{mask: mask, wrapper: masking(mask)}
			if testing.Short() && slices.Contains(names, mask) {
				m.lacks = m.examine(t)
				t.Run("answers", m.answers)
				return
			}
			m.all(t)
		})
	}
	t.Run("in a container", func(t *testing.T) {
		t.Parallel()
		m := &without{wrapper: []string{program("profile")}}
		m.all(t)
		for _, name := range []string{"pidfd_getfd", "process_vm_readv", "kcmp", "close_range"} {
			if !m.lacks[name] {
				t.Errorf("%s is not refused: %v", name, m.lacks)
			}
		}
	})
	for _, name := range required {
		t.Run("without "+name, func(t *testing.T) { cannotDoWithout(t, name) })
	}
}

// without is the machine with features masked.
type without struct {
	mask    string
	wrapper []string        // the start of a command line
	lacks   map[string]bool // what it lacks anyway, too
}

func (m *without) all(t *testing.T) {
	t.Helper()
	m.lacks = m.examine(t)
	t.Run("answers", m.answers)
	t.Run("sandboxes", m.sandboxes)
	t.Run("signals", m.signals)
	t.Run("unix", m.unix)
	t.Run("pipes", m.pipes)
	t.Run("forward", m.forward)
}

func (m *without) command(args ...string) *exec.Cmd {
	args = slices.Concat(m.wrapper, []string{binary}, args)
	return exec.Command(args[0], args[1:]...)
}

// report is doctor's, as far as it is looked at.
type report struct {
	OK     bool
	Checks []struct{ Check, Status, Found, Kernel string }
}

func doctorSays(t *testing.T, cmd *exec.Cmd) (r report, status int) {
	t.Helper()
	got := finish(t, cmd)
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return r, got.status
}

// examine has doctor say that a run works, and what the kernel lacks.
func (m *without) examine(t *testing.T) map[string]bool {
	t.Helper()
	r, status := doctorSays(t, m.command("doctor", "--json"))
	lacks := map[string]bool{}
	for _, c := range r.Checks {
		if c.Kernel == "no" || c.Kernel == "masked" {
			lacks[c.Check] = true
		}
		masked := slices.Contains(strings.Split(m.mask, ","), c.Check)
		if masked != (c.Kernel == "masked") || masked && !strings.Contains(c.Found, "masked by CODEX_DNSVISOR_MASK") || c.Status == "failure" {
			t.Errorf("%+v", c)
		}
	}
	if status != 0 || !r.OK {
		t.Errorf("status %d, ok %v", status, r.OK)
	}
	return lacks
}

const (
	both      = "192.0.2.1\n2001:db8::1\n"
	canonName = "canonical host.example\n"
)

// sorted is a shell's pipe behind a client that prints addresses in the order that they come in.
const sorted = " | sort"

// answers are those to every way of asking, and what the log knows of who asked.
func (m *without) answers(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	script := strings.Join([]string{
		program("glibc") + " alias.example unspec canonname" + sorted, // connect, sendmmsg
		program("musl") + " host.example unspec none" + sorted,        // sendto
		program("go") + " host.example",
		"dig +short +tcp +tries=1 @8.8.8.8 host.example",
		program("table") + " shared", program("table"),
		"dig +short +tries=1 @2001:db8::53 six.example AAAA >v6 2>&1",
		program("glibc") + " other.example unspec none || echo status $?",
	}, "\n")
	cmd := m.command(slices.Concat([]string{"--quiet", "--audit", log}, withStatic("sh", "-c", script))...)
	cmd.Dir = filepath.Dir(log)
	got := finish(t, cmd)
	want := both + canonName + both + both + "192.0.2.1\nsent 30, answered\nsent 30, answered\nName or service not known\nstatus 1\n"
	if got.stdout != want || got.stderr != "" || got.status != 0 {
		t.Errorf("%+v\nwant %q", got, want)
	}
	v6, err := os.ReadFile(filepath.Join(cmd.Dir, "v6"))
	if must(t, err); (string(v6) == "2001:db8::6\n") == m.lacks["ipv6"] {
		t.Errorf("a resolver with an IPv6 address: %q", v6)
	}
	m.attributed(t, log)
}

// attributed wants the log to name who asked, where that can be known.
func (m *without) attributed(t *testing.T, log string) {
	t.Helper()
	seen, named := map[string]int{}, map[string]int{}
	for _, e := range logged(t, log) {
		if transport := fmt.Sprint(e["network.transport.protocol"]); !strings.HasPrefix(transport, "dns_") {
			continue // a door
		}
		path, _ := e["process.executable.path"].(string)
		seen[fmt.Sprint(e["server.address"])]++
		named[filepath.Base(path)]++
	}
	if seen["other.example"] == 0 || seen["alias.example"] == 0 {
		t.Errorf("the log has %v", seen)
	}
	nobody := m.lacks["pidfd_getfd"]
	threads := !nobody && (!m.lacks["pidfd_thread"] || !m.lacks["kcmp"])
	for client, want := range map[string]bool{"glibc": !nobody, "musl": !nobody, "go": threads, "dig": threads} {
		if (named[client] > 0) != want && (client != "go" || want) { // Go's first thread asks where it happens to
			t.Errorf("%s: %v", client, named)
		}
	}
	table := 2
	switch {
	case !threads:
		table = 0
	case m.lacks["pidfd_thread"]:
		table = 1
	}
	if named["table"] != table {
		t.Errorf("table is named %d times, not %d: %v", named["table"], table, named)
	}
}

// sandboxes get names too, whoever asks first: in one a thread that shares its process's descriptors, in the other a program that
// looks for addresses of its own before it asks.
func (m *without) sandboxes(t *testing.T) {
	shared := program("table") + " shared\n"
	others := strings.Join([]string{
		program("glibc") + " host.example inet addrconfig",
		program("glibc") + " alias.example unspec canonname,addrconfig" + sorted,
		program("musl") + " host.example unspec none" + sorted,
		"dig +short +tcp +tries=1 @8.8.8.8 host.example",
		program("table") + "\n",
	}, "\n")
	const answered = "sent 30, answered\n"
	first, rest := answered, "192.0.2.1\n"+both+canonName+both+"192.0.2.1\n"+answered
	if m.lacks["pidfd_thread"] && m.lacks["kcmp"] && !m.lacks["pidfd_getfd"] && !m.lacks["netns_cookie"] {
		first = "sent -1, not answered\n" // nobody has asked there before
	}
	for _, net := range nets {
		for _, c := range []struct {
			sandbox      []string
			script, want string
		}{
			{[]string{"unshare", "-Urn"}, shared + others, first + rest},
			{[]string{"bwrap", "--dev-bind", "/", "/", "--unshare-net"}, others + shared, rest + answered},
		} {
			got := finish(t, m.command(slices.Concat([]string{net, "--quiet"}, static, []string{"--"}, c.sandbox, []string{"sh", "-c", c.script})...))
			if got.stdout != c.want || got.stderr != "" || got.status != 0 {
				t.Errorf("%s, %s: %+v\nwant %q", net, c.sandbox[0], got, c.want)
			}
		}
	}
}

// signals restart calls, and nobody is answered twice, but where a kernel takes a call back.
func (m *without) signals(t *testing.T) {
	calls, every, taken := scaled(600, 1, 4), often(), 0
	if m.lacks["wait_killable"] {
		taken = 6
	}
	for _, call := range []string{"sendto", "tcp"} {
		h := hammer(t, finish(t, m.command("--quiet", "--", program("hammer"), call, "restart", every, fmt.Sprint(calls), "8.8.8.8")))
		if h.unanswered != 0 || h.twice+h.stray > taken {
			t.Errorf("%s: %+v", call, h)
		}
	}
}

// shortDir is a directory for sockets, whose paths are short.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "door") //nolint:usetesting // its path has the test's name
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// unix sockets are reached where it can be told that they lead to no resolver.
func (m *without) unix(t *testing.T) {
	dir := shortDir(t)
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	server, err := net.Listen("unix", filepath.Join(dir, "door"))
	must(t, err)
	defer server.Close()
	cmd := m.command("--quiet", "--", program("door"), filepath.Join(dir, "door"), "../door")
	cmd.Dir = filepath.Join(dir, "sub")
	outcome := map[bool]string{false: "ok\n", true: "Connection refused\n"}
	want := outcome[m.lacks["openat2"]] + outcome[m.lacks["openat2"] || m.lacks["mount_id"]]
	if got := finish(t, cmd); got.stdout != want {
		t.Errorf("%+v\nwant %q", got, want)
	}
}

// pipes end when the command closes them.
func (m *without) pipes(t *testing.T) {
	cmd := m.command("--", "sh", "-c", "echo closed; exec >&- 2>&-; exec sleep 1000")
	stdout := startLines(t, cmd)
	for _, want := range []string{"closed\n", ""} {
		if text, err := stdout.ReadString('\n'); text != want || os.IsTimeout(err) {
			t.Errorf("%q, %v; want %q", text, err, want)
		}
	}
}

// forward answers, confined by what there is; and --unix=inside is had, or said not to be.
func (m *without) forward(t *testing.T) {
	socket := filepath.Join(shortDir(t), "dns.sock")
	forwarder := m.command(slices.Concat([]string{"forward", "--listen", "unix://" + socket}, static)...)
	stderr, err := forwarder.StderrPipe()
	must(t, err)
	must(t, forwarder.Start())
	await(t, bufio.NewReader(stderr), "answering at")
	got := finish(t, m.command("--allow", "host.example", "--upstream", "unix://"+socket, "--", "getent", "ahostsv4", "host.example"))
	if got.status != 0 || !strings.HasPrefix(got.stdout, "192.0.2.1 ") {
		t.Errorf("asked by a run: %+v", got)
	}
	must(t, forwarder.Process.Signal(unix.SIGTERM))
	must(t, forwarder.Wait())
	got = finish(t, m.command("--unix=inside", "--", "echo", "run"))
	if m.lacks["landlock_unix"] && (got.status != 125 || got.stdout != "" || !strings.HasPrefix(got.stderr, "error: --unix=inside: landlock_unix: ")) {
		t.Errorf("with --unix=inside: %+v", got)
	}
	if !m.lacks["landlock_unix"] && got.stdout != "run\n" {
		t.Errorf("with --unix=inside: %+v", got)
	}
}

// cannotDoWithout says that a run ends before it begins, in any mode, and that doctor knows.
func cannotDoWithout(t *testing.T, name string) {
	t.Helper()
	m := &without{wrapper: masking(name)}
	want := fmt.Sprintf("error: %s: masked by CODEX_DNSVISOR_MASK\nhint: nothing can be done without it: take it out of CODEX_DNSVISOR_MASK\n", name)
	for _, net := range nets {
		if got := finish(t, m.command(net, "--", "echo", "half working")); got.status != 125 || got.stdout != "" || got.stderr != want {
			t.Errorf("%+v", got)
		}
	}
	r, status := doctorSays(t, m.command("doctor", "--json"))
	failed := map[string]bool{}
	for _, c := range r.Checks {
		if c.Status == "failure" {
			failed[c.Check] = true
		}
	}
	if want := map[string]bool{name: true, "launch": true}; status != 1 || r.OK || !maps.Equal(failed, want) {
		t.Errorf("doctor: status %d, ok %v, failed %v", status, r.OK, failed)
	}
}

// An unknown name is told, with those that there are: nothing is half masked.
func TestMaskOfNothing(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
	}{{[]string{"--", "echo"}, 125}, {[]string{"doctor"}, 2}, {[]string{"policy", "show"}, 2}} {
		got := finish(t, (&without{wrapper: masking("kcmp,nonesuch")}).command(c.args...))
		if got.status != c.status || got.stdout != "" || !strings.HasPrefix(got.stderr, `error: CODEX_DNSVISOR_MASK: "nonesuch" is none of user_notif, `) {
			t.Errorf("%v: %+v", c.args, got)
		}
	}
}
