package tests

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// departures are ways to be in a sandbox no more, as far as one can see, and to keep a socket there that is connected to a resolver.
var departures = map[string]string{
	"moves to another namespace": `assert ctypes.CDLL(None).unshare(0x40000000) == 0
if os.fork(): os._exit(0)
print("departing", flush=True)`,
	"forks faster than it is looked for": `print("departing", flush=True)
while not os.path.exists("gone"): # which takes longer where a fork does
    if os.fork(): os._exit(0)`,
}

// Who connected a socket in a sandbox with a network of its own, and is not found there any more, does not reach that network by it.
func TestQuestionsOfTheDeparted(t *testing.T) {
	const depart = `import ctypes, os, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(10); s.connect(("8.8.8.8", 53)); probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
s.send(question); assert s.recv(512)[-4:] == b"\xc0\0\2\1"
exec(sys.argv[1])
print("departed", flush=True)
for line in sys.stdin:
    try: s.send(question)
    except ConnectionRefusedError: pass # nobody is behind the rules for the time being
    print("sent", flush=True)
    if line == "last\n": probe.sendto(b"end", ("10.7.0.1", 9999))`
	const script = `ip link set lo up; unshare -n sh -c 'ip link set lo up; ip link add v type veth peer name w; ip link set w netns '$$'; echo made >&4; read -r _
			ip addr add 10.7.0.2/24 dev v; ip link set v up; ip neigh add 10.7.0.1 lladdr 02:00:00:00:00:01 dev v; ip route add default via 10.7.0.1
			exec /usr/bin/python3 -c "$0" "$1" <&7' "$0" "$1" <&3 &
		read -r _ <&6; ip link set w up; coproc { exec /usr/bin/python3 -c "$2" w; }; read -r -u ${COPROC[0]} _; echo go >&5
		while read -r -u ${COPROC[0]} seen; do echo "$seen"; done`
	for how, way := range departures {
		t.Run(how, func(t *testing.T) {
			// In a user namespace of its own the supervisor may be looked into.
			cmd := exec.Command("unshare", slices.Concat([]string{"-Ur", binary, "--net=host"}, static, []string{"--", "unshare", "-Urn", "bash", "-c", `mkfifo in out; exec 3<>in 4<>out 5>in 6<out 7<&0; ` + script, depart, way, capture})...)
			cmd.Dir = t.TempDir()
			stdin, err := cmd.StdinPipe()
			must(t, err)
			lines := startLines(t, cmd)
			say := func(what string) {
				_, err := io.WriteString(stdin, what+"\n")
				must(t, err)
			}
			await(t, lines, "departing")
			settledWithin(t, patience/6, cmd.Process.Pid, 0) // let go of, or followed all the same
			must(t, os.WriteFile(filepath.Join(cmd.Dir, "gone"), nil, 0o600))
			await(t, lines, "departed")
			say("again")
			say("last")
			for seen := ""; seen != "IPv4 9999"; {
				if seen = line(t, lines); strings.HasSuffix(seen, " 53") {
					t.Errorf("on the wire: %s", seen)
				}
			}
		})
	}
}

// A namespace that outlives the run, because somebody else is in it, has no rules of ours any more, and no address.
func TestNothingStaysInANamespace(t *testing.T) {
	pid := line(t, startLines(t, exec.Command("unshare", "-Urn", "sh", "-c", "echo $$; exec sleep 1000")))
	inside := []string{"nsenter", "-t", pid, "-U", "-n", "--preserve-credentials"}
	state := func() string {
		rules := slices.Concat(inside, []string{"sh", "-c", "ip rule; ip -6 rule; ip -o addr show scope global"})
		return finish(t, exec.Command(rules[0], rules[1:]...)).stdout
	}
	before := state()
	for _, existing := range []string{"keep", "replace"} {
		got := run(t, slices.Concat([]string{"--net=host", "--existing-dns", existing}, static, []string{"--"}, inside, []string{"dig", "+short", "+tries=1", "@8.8.8.8", "host.example"})...)
		if after := state(); got.stdout != "192.0.2.1\n" || after != before {
			t.Errorf("%+v\nbefore\n%s\nafter\n%s", got, before, after)
		}
	}
}

// So has one that is mounted, where nobody is left in it: it is held until it is unmounted, or the run ends.
func TestMountedNamespaces(t *testing.T) {
	const script = `mount -t tmpfs none /run; ip netns add stays
		state() { nsenter --net=/run/netns/stays sh -c 'ip rule; ip -6 rule; ip -o addr show scope global'; }
		state >before; "$@"; state >after; cmp before after && exit 7`
	const command = `ask() { nsenter --net=/run/netns/$1 dig +short +tries=1 @8.8.8.8 host.example; }
		ask stays; echo began; read -r _; ip netns add goes; ask goes; echo asked; read -r _; ip netns delete goes; echo deleted; read -r _`
	pid := filepath.Join(t.TempDir(), "pid")
	under := []string{"sh", "-c", `echo $$ >"$0"; exec "$@"`, pid, binary, "--net=host"}
	cmd := exec.Command("unshare", slices.Concat([]string{"-Urm", "sh", "-c", script, "sh"}, under, static, []string{"--", "sh", "-c", command})...)
	cmd.Dir = t.TempDir()
	stdin, err := cmd.StdinPipe()
	must(t, err)
	lines := startLines(t, cmd)
	answer := func(event string) int {
		if got := line(t, lines); got != "192.0.2.1" {
			t.Error(got)
		}
		await(t, lines, event)
		return descriptors(t, named(t, pid))
	}
	next := func() {
		_, err := io.WriteString(stdin, "\n")
		must(t, err)
	}
	began := answer("began")
	next()
	const late = 1 // the table of mounts, which is opened in the background once nobody of a namespace is left
	if asked := answer("asked"); asked <= began+late {
		t.Errorf("%d descriptors with two namespaces, %d with one", asked, began)
	}
	next()
	await(t, lines, "deleted")
	for end := time.Now().Add(patience); descriptors(t, named(t, pid)) > began+late; { // it is let go of in the background
		if time.Now().After(end) {
			t.Fatal("it is held on to")
		}
	}
	next()
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != 7 {
		t.Error("the namespace is not as it was before")
	}
}

// named is the process that a file names.
func named(t *testing.T, pidFile string) int {
	t.Helper()
	text, err := os.ReadFile(pidFile)
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	return pid
}
