package tests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// following is a run that follows policy.toml in its own directory.
type following struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr string              // the file with it
	log    chan map[string]any // events of reloads
	asked  int                 // decisions in the log; to be read when log is closed
}

// follow starts codex-dnsvisor in dir.
func follow(t *testing.T, dir string, args ...string) *following {
	t.Helper()
	return followIn(t, dir, func(args ...string) *exec.Cmd { return exec.Command(args[0], args[1:]...) }, args...)
}

// followIn starts it by a command that enters somewhere else.
func followIn(t *testing.T, dir string, enter func(args ...string) *exec.Cmd, args ...string) *following {
	t.Helper()
	f := &following{t: t, dir: dir, cmd: enter(append([]string{binary, "--policy", "policy.toml", "--audit", "fd:3"}, args...)...)}
	f.cmd.Dir, f.stderr = dir, filepath.Join(t.TempDir(), "stderr")
	stderr, err := os.Create(f.stderr)
	must(t, err)
	defer stderr.Close()
	r, w, err := os.Pipe()
	must(t, err)
	f.cmd.Stderr, f.cmd.ExtraFiles = stderr, []*os.File{w}
	f.stdin, err = f.cmd.StdinPipe()
	must(t, err)
	f.stdout = startLines(t, f.cmd)
	must(t, w.Close())
	f.log = make(chan map[string]any, 1000)
	go f.read(r)
	return f
}

// read takes reloads from the audit log.
func (f *following) read(r *os.File) {
	defer close(f.log)
	defer r.Close()
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if !bytes.Contains(line, []byte(`"event.name":"codex.dns.policy_reload"`)) {
			f.asked += questions(line)
			continue
		}
		e := map[string]any{}
		if err := json.Unmarshal(line, &e); err != nil {
			f.t.Error(err)
		}
		f.log <- e
	}
}

// questions are those that a line of the log stands for: one, or the retries that came after its first line.
func questions(line []byte) int {
	var e struct {
		Name  string `json:"event.name"`
		Count int    `json:"count"`
	}
	if err := json.Unmarshal(line, &e); err != nil || e.Name != "codex.dns.policy_decision" {
		return 0
	}
	return max(e.Count-1, 1)
}

// reloaded waits for a line about a reload, and checks its result.
func (f *following) reloaded(result string) map[string]any {
	f.t.Helper()
	select {
	case e, ok := <-f.log:
		if !ok || e["policy.result"] != result || e["policy.file"] != "policy.toml" || e["network.policy.decision"] != nil {
			f.t.Fatalf("want %s: %v\n%s", result, e, f.said())
		}
		return e
	case <-time.After(patience):
		f.t.Fatalf("no reload is in the log\n%s", f.said())
		return nil
	}
}

// said is what is on standard error by now.
func (f *following) said() string {
	text, err := os.ReadFile(f.stderr)
	must(f.t, err)
	return string(text)
}

// end lets the command end, and returns what is left of the log.
func (f *following) end() []map[string]any {
	f.t.Helper()
	must(f.t, f.stdin.Close())
	hang := time.AfterFunc(patience, func() { _ = f.cmd.Process.Kill() })
	if err := f.cmd.Wait(); err != nil || !hang.Stop() {
		f.t.Errorf("the run ended by %v\n%s", err, f.said())
	}
	var rest []map[string]any
	for e := range f.log {
		rest = append(rest, e)
	}
	return rest
}

// look asks for one name a line.
const look = `import socket, sys
for name in sys.stdin:
    try: print(socket.gethostbyname(name.strip()), flush=True)
    except OSError as e: print("fails", flush=True)
`

// address asks for a name.
func (f *following) address(name string) string {
	f.t.Helper()
	_, err := fmt.Fprintln(f.stdin, name)
	must(f.t, err)
	return strings.TrimSpace(line(f.t, f.stdout))
}

// answering is a policy under which a.test has an address of its own.
func answering(k int) string {
	return fmt.Sprintf("[network.domains]\n\"a.test\" = \"allow\"\n[dns]\nupstreams = []\n[dns.records]\nzone = \"a.test. A 192.0.2.%d\"\n", k)
}

// A changed policy file decides from the next question after its line in the log on, in whichever way it is changed.
func TestReload(t *testing.T) {
	for name, change := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "policy.toml")
			write(t, path, answering(0))
			f := follow(t, dir, "--", "/usr/bin/python3", "-c", look)
			for k := range 4 {
				if k > 0 {
					change(t, path, answering(k))
					f.reloaded("applied")
				}
				if got, want := f.address("a.test"), fmt.Sprintf("192.0.2.%d", k); got != want {
					t.Errorf("version %d: %s, want %s", k, got, want)
				}
			}
			if rest := f.end(); len(rest) > 0 {
				t.Errorf("more reloads than changes: %v", rest)
			}
			if said := f.said(); strings.Count(said, "codex-dnsvisor: policy.toml has changed: the new policy decides\n") != 3 {
				t.Error(said)
			}
		})
	}
}

// A file that cannot be used leaves the old policy in place and is named once, in the log too; the next good one applies. What
// flags say outweighs the file as it did at the start.
func TestReloadRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "policy.toml")
	write(t, path, answering(1))
	f := follow(t, dir, "--deny", "b.test", "--", "/usr/bin/python3", "-c", look)
	if got := f.address("a.test"); got != "192.0.2.1" {
		t.Fatalf("answered with %s", got)
	}
	bad := []struct{ text, error, hint string }{
		{answering(2) + "[dns]\nupstream = 1\n", "policy.toml:7:2: dns is already defined", ""},
		{"[dns]\nupstream = 1\n", "policy.toml:2:1: unknown key upstream in [dns]", "; hint: [dns] holds "},
		{"[dns]\nupstreams = [\"nonsense\"]\n", `policy.toml:2:14: upstream "nonsense"`, "; hint: an upstream is "},
		{"[dns.records]\nzone = \"a.test. A nonsense\"\n", "policy.toml:2:26: bad A A: \"nonsense\"", "; hint: a record is "},
	}
	for _, bad := range bad {
		write(t, path, bad.text)
		if e := f.reloaded("refused"); e["policy.reason"] != bad.error {
			t.Errorf("the log's reason is %q, want %q", e["policy.reason"], bad.error)
		}
		if got := f.address("a.test"); got != "192.0.2.1" {
			t.Errorf("the old policy answers %s", got)
		}
	}
	must(t, os.Remove(path))
	if e := f.reloaded("refused"); e["policy.reason"] != "policy.toml: cannot be read: no such file or directory" {
		t.Errorf("of a file that is gone the log says %v", e)
	}
	write(t, path, strings.ReplaceAll(answering(2), "\"a.test\" =", "\"b.test\" = \"allow\"\n\"a.test\" ="))
	f.reloaded("applied")
	if got := f.address("a.test") + " " + f.address("b.test"); got != "192.0.2.2 fails" {
		t.Errorf("the new policy answers %s", got)
	}
	if rest := f.end(); len(rest) > 0 {
		t.Errorf("more reloads than changes: %v", rest)
	}
	for _, bad := range bad {
		if said := f.said(); strings.Count(said, "codex-dnsvisor: policy.toml has changed, but the old policy stays: error: "+bad.error+bad.hint) != 1 {
			t.Errorf("standard error has not once %q:\n%s", bad.error+bad.hint, said)
		}
	}
}

// withheld is an upstream that answers what it is asked when its standard input says so.
const withheld = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 5399))
print("bound", flush=True)
while True:
    q, who = s.recvfrom(4096)
    print("asked", flush=True)
    sys.stdin.readline()
    end = q.index(b"\0", 12) + 5
    s.sendto(q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + q[12:end] + b"\xc0\x0c\0\1\0\1\0\0\1\0\0\4\xc0\0\2\x09", who)
`

// A question that waits for an upstream when the policy changes gets that upstream's answer; the next asks the new one.
func TestReloadOfUpstreams(t *testing.T) {
	o := newOutside(t)
	upstream := o.enter("/usr/bin/python3", "-c", withheld)
	answer, err := upstream.StdinPipe()
	must(t, err)
	defer answer.Close()
	held := startLines(t, upstream)
	await(t, held, "bound")
	asking := func(address string) string {
		return "[network.domains]\n\"*.corp.example\" = \"allow\"\n[dns]\nupstreams = [\"udp://" + address + "\"]\n"
	}
	path := o.path("policy.toml")
	write(t, path, asking("127.0.0.1:5399"))
	f := followIn(t, o.dir, o.enter, "--", "/usr/bin/python3", "-c", strings.Replace(look, "for name", `
import threading
def first():
    print("first", socket.gethostbyname("a.corp.example"), flush=True)
threading.Thread(target=first).start()
for name`, 1))
	await(t, held, "asked")
	write(t, path, asking("127.0.0.1"))
	f.reloaded("applied")
	if got := f.address("a.corp.example"); got != "192.0.2.1" {
		t.Errorf("the new upstream answers %s", got)
	}
	_, err = fmt.Fprintln(answer)
	must(t, err)
	if got := line(t, f.stdout); got != "first 192.0.2.9" {
		t.Errorf("the old upstream's answer is %q", got)
	}
	f.end()
}

// A forwarder follows its policy files as a run does.
func TestReloadOfForwarder(t *testing.T) {
	o := newOutside(t)
	path := o.path("policy.toml")
	policy := func(word string) string {
		return "[network.domains]\n\"a.corp.example\" = \"" + word + "\"\n[dns]\nupstreams = [\"udp://127.0.0.1\"]\n"
	}
	write(t, path, policy("deny"))
	f := o.startForwarder("--policy", path)
	ask := func() string { return finish(t, exec.Command("/usr/bin/python3", "-c", askForwarder, f.socket)).stdout }
	if got := ask(); got == "c0000201\n" {
		t.Fatalf("a denied name is answered with %q", got)
	}
	ways["renamed over"](t, path, policy("allow"))
	applied := map[string]any{"event.name": "codex.dns.policy_reload", "policy.result": "applied", "policy.file": path}
	for end := time.Now().Add(patience); !slices.ContainsFunc(logged(t, f.audit), func(e map[string]any) bool { return matches(e, applied) }); ask() {
		if time.Now().After(end) {
			t.Fatal("the log has no line about the change")
		}
	}
	if got := ask(); got != "c0000201\n" {
		t.Errorf("the new policy answers %q", got)
	}
}

// A run follows its policy files unless it is told not to, and then has nothing to follow them with.
func TestNoReload(t *testing.T) {
	for flag, want := range map[string]int{"--reload": 1, "--no-reload": 0} {
		t.Run(flag, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "policy.toml"), answering(1))
			f := follow(t, dir, flag, "--", "/usr/bin/python3", "-c", look)
			if got := f.address("a.test"); got != "192.0.2.1" {
				t.Fatalf("answered with %s", got)
			}
			watches := 0
			all, seen := targets(t, f.cmd.Process.Pid)
			for _, target := range all {
				if target == "anon_inode:inotify" {
					watches++
				}
			}
			if seen && watches != want {
				t.Errorf("%d watches, want %d", watches, want)
			}
			f.end()
		})
	}
}

// Where the kernel has no inotify left for the user the run says so, goes on, and looks at the files every now and then.
func TestReloadWithoutInotify(t *testing.T) {
	for limit, why := range map[string]string{"max_inotify_instances": "couldn't initialize inotify: too many open files", "max_inotify_watches": "/: no space left on device"} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "policy.toml")
			write(t, path, answering(1))
			f := followIn(t, dir, func(args ...string) *exec.Cmd {
				const none = `echo 0 >/proc/sys/user/$0 && exec "$@"`
				return exec.Command("unshare", append([]string{"--user", "--map-root-user", "sh", "-c", none, limit}, args...)...)
			}, "--", "/usr/bin/python3", "-c", look)
			if got := f.address("a.test"); got != "192.0.2.1" {
				t.Fatalf("answered with %s", got)
			}
			write(t, path, answering(2))
			f.reloaded("applied")
			if got := f.address("a.test"); got != "192.0.2.2" {
				t.Errorf("the new policy answers %s", got)
			}
			f.end()
			why = "codex-dnsvisor: policy files are looked at every few seconds only: " + strings.Replace(why, "/", dir, 1)
			if said := f.said(); strings.Count(said, why) != 1 {
				t.Errorf("not once %q:\n%s", why, said)
			}
		})
	}
}
