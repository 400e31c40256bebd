package tests

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sandboxes are commands that make a network namespace of their own, by the ways of real tools.
var sandboxes = map[string][]string{
	"unshare -Urn":                  {"unshare", "-Urn"},
	"unshare -rn":                   {"unshare", "-rn"},
	"unshare -Urn three deep":       {"unshare", "-Urn", "unshare", "-Urn", "unshare", "-rn"},
	"bwrap --unshare-net":           {"bwrap", "--dev-bind", "/", "/", "--unshare-net"},
	"bwrap --unshare-all":           {"bwrap", "--dev-bind", "/", "/", "--unshare-all"},
	"bwrap --unshare-all with proc": {"bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-all"},
}

// nets are the ways that a sandbox is below codex-dnsvisor.
var nets = []string{"--net=isolated", "--net=host"}

// A program in a sandbox that the command makes is answered as the command itself is.
func TestSandboxes(t *testing.T) {
	for _, net := range nets {
		for name, sandbox := range sandboxes {
			if testing.Short() && len(sandbox) <= 5 {
				continue // the others do all that these do
			}
			t.Run(net+" "+name, func(t *testing.T) {
				for _, c := range []struct{ command, want string }{
					{"getent ahosts host.example", "2001:db8::1"},
					{`exec /usr/bin/python3 -c 'import socket as s; print(s.getaddrinfo("host.example", 443, s.AF_INET, s.SOCK_STREAM, 0, s.AI_ADDRCONFIG)[0][4][0])'`, "192.0.2.1\n"},
					{"dig +short +tries=1 @8.8.8.8 host.example", "192.0.2.1\n"},
					{"dig +short +tries=1 +tcp @2001:db8::53 host.example", "192.0.2.1\n"},
					{program("glibc") + " alias.example any canonname,addrconfig", "canonical host.example\n"},
					{program("musl") + " host.example any -", "192.0.2.1\n"},
					{program("sendmmsg"), "sent 3 of 3\n"},
					{`exec /usr/bin/python3 -c 'import ctypes, socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
q = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"; ctypes.CDLL(None).sendto(s.fileno(), q, len(q), 0, b"\0\0\0\x35\x08\x08\x08\x08" + bytes(8), 16); print("without a family:", s.recv(512)[-4:])'`, `without a family: b'\xc0\x00\x02\x01'`},
					{program("go") + " host.example", "192.0.2.1"},
					{"getent hosts denied.example || echo status $?", "status 2\n"},
					{`getent hosts host.example >&2; python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); s.accept()[0].send(b"looped"); print(c.recv(9).decode())'`, "looped\n"},
				} {
					args := slices.Concat([]string{net}, static, []string{"--"}, sandbox, []string{"sh", "-c", c.command})
					if got := run(t, args...); !strings.Contains(got.stdout, c.want) {
						t.Errorf("%s: %+v", c.command, got)
					}
				}
			})
		}
	}
}

// In host mode the command's own sockets, its names, its namespaces and what it may do are the host's, also of a process that an ordinary
// user's supervisor may not look into.
func TestHostModeLeavesTheHostAlone(t *testing.T) {
	o := newOutside(t)
	const script = `readlink /proc/self/ns/net /proc/self/ns/user; dig +short @127.0.0.1 a.corp.test; grep Cap /proc/self/status; getent ahostsv4 localhost; exec "$0" undumpable 127.0.0.1`
	bare := finish(t, o.enter("sh", "-c", script, program("kinds")))
	under := finish(t, o.enter(binary, "--net=host", "--", "sh", "-c", script, program("kinds")))
	if bare != under || !strings.Contains(bare.stdout, "192.0.2.1\n") || !strings.HasSuffix(bare.stdout, "sent with an address: 1\nconnected: 1\n") {
		t.Errorf("bare %+v\nunder codex-dnsvisor %+v", bare, under)
	}
	inside := finish(t, o.enter(binary, "--net=host", "--allow", "a.corp.test", "--upstream", "udp://127.0.0.1", "--", "unshare", "-Urn", "dig", "+short", "@9.9.9.9", "a.corp.test"))
	if inside.stdout != "192.0.2.1\n" {
		t.Errorf("%+v", inside)
	}
}

// dnsmasq starts one that goes to the background once it listens.
const dnsmasq = `dnsmasq --no-resolv --no-hosts --user= --group= --pid-file= --conf-file=/dev/null --log-facility=/dev/null --address=/own.example/192.0.2.99 --bind-interfaces --listen-address=`

// A DNS service that listens in the sandbox is left alone; it cannot be replaced, and that is said.
func TestExistingDNS(t *testing.T) {
	const script = `ip link set lo up; ` + dnsmasq + `127.0.0.1 && dig +short +tries=1 +time=5 @127.0.0.1 own.example`
	for _, net := range nets {
		for existing, want := range map[string]string{"keep": "192.0.2.99\n", "replace": ""} {
			got := run(t, slices.Concat([]string{net, "--existing-dns", existing}, static, []string{"--", "unshare", "-Urn", "bash", "-c", script})...)
			said := strings.Contains(got.stderr, "a DNS service listens there already")
			if existing == "keep" && (got.stdout != want || said) || existing == "replace" && (strings.Contains(got.stdout, "192.0.2.99") || !said) {
				t.Errorf("%s, %s: %+v", net, existing, got)
			}
		}
	}
}

// A DNS service behind an interface of the sandbox's is left alone, as podman's, slirp4netns's and pasta's are, or replaced. Other
// resolvers are ours.
func TestDNSOnALink(t *testing.T) {
	const script = `unshare -n sh -c 'read -r _; ip link set lo up; ip addr add 10.7.0.1/24 dev w0; ip -6 addr add fd00:7::1/64 dev w0 nodad; ip link set w0 up
			` + dnsmasq + `10.7.0.1 --listen-address=fd00:7::1 && echo up; read -r _' <&3 >&4 & 
		until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
		ip link set lo up; ip link add v0 type veth peer name w0 netns $!; ip addr add 10.7.0.2/24 dev v0; ip -6 addr add fd00:7::2/64 dev v0 nodad; ip link set v0 up
		echo go >&5; read -r up <&6
		ask() { dig +short +tries=1 +time=5 "$@"; }
		ask @8.8.8.8 host.example; ask @10.7.0.1 own.example; ask +tcp @10.7.0.1 own.example; ask @fd00:7::1 own.example; ask @8.8.8.8 host.example`
	const pipes = `mkfifo in out; exec 3<>in 4<>out 5>in 6<out; `
	for _, net := range nets {
		for existing, want := range map[string]string{
			"keep":    "192.0.2.1\n192.0.2.99\n192.0.2.99\n192.0.2.99\n192.0.2.1\n",
			"replace": "192.0.2.1\n192.0.2.1\n", // own.example is not allowed
		} {
			log := filepath.Join(t.TempDir(), "log")
			cmd := exec.Command(binary, slices.Concat([]string{net, "--existing-dns", existing, "--audit", log}, static, []string{"--", "unshare", "-Urn", "bash", "-c", pipes + script})...)
			cmd.Dir = t.TempDir()
			if got := finish(t, cmd); got.stdout != want {
				t.Errorf("%s, %s: %+v", net, existing, got)
			}
			text, err := os.ReadFile(log)
			must(t, err)
			if left := bytes.Contains(text, []byte(`"codex.dns.block_decision"`)); left != (existing == "keep") {
				t.Errorf("%s, %s: the log: %s", net, existing, text)
			}
		}
	}
}

// What a sandbox's root takes away of the wall is put back at the next question.
func TestRulesAreMended(t *testing.T) {
	const script = `ask() { dig +short +tries=1 +time=3 @8.8.8.8 host.example; }
		ask; ip rule flush; ip -6 rule flush; ask; ip link set lo down; ask; ip route flush table 53; ask`
	got := run(t, slices.Concat(static, []string{"--", "unshare", "-Urn", "sh", "-c", script})...)
	if got.stdout != strings.Repeat("192.0.2.1\n", 4) {
		t.Errorf("%+v", got)
	}
}

// capture prints the family and port of each UDP packet that an interface sends.
const capture = `import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)); s.bind((sys.argv[1], 3)); print("listening on", sys.argv[1], flush=True)
while True:
    p, (_, kind, *_) = s.recvfrom(65535)
    if kind == 0x800 and p[9] == 17: print("IPv4", struct.unpack(">H", p[22:24])[0], flush=True)
    if kind == 0x86dd and p[6] == 17: print("IPv6", struct.unpack(">H", p[42:44])[0], flush=True)`

// A question that is bound to an interface of the sandbox's own reaches us, and not the wire; also where the interface is newer
// than the first question.
func TestBoundToADevice(t *testing.T) {
	const script = `add() { ip link add $1 type veth peer name $2; ip link set $2 up; ip addr add $3.2/24 dev $1; ip addr add $4::2/64 dev $1 nodad; ip link set $1 up
			ip neigh add $3.1 lladdr 02:00:00:00:00:01 dev $1; ip neigh add $4::1 lladdr 02:00:00:00:00:01 dev $1
			ip route add default via $3.1 metric $5; ip -6 route add default via $4::1 dev $1 metric $5; }
		add v0 w0 10.7.0 fd00:7 10; echo ready $$; read go; python3 "$0" v0; read go
		add v1 w1 10.8.0 fd00:8 20; echo ready $$; read go; python3 "$0" v1; read end`
	client, err := filepath.Abs("testdata/clients/bound.py")
	must(t, err)
	for _, net := range nets {
		t.Run(net, func(t *testing.T) {
			cmd := exec.Command(binary, slices.Concat([]string{net}, static, []string{"--", "unshare", "-Urn", "sh", "-c", script, client})...)
			cmd.Stderr = os.Stderr
			stdin, err := cmd.StdinPipe()
			must(t, err)
			lines := startLines(t, cmd)
			say := func() {
				_, err := io.WriteString(stdin, "go\n")
				must(t, err)
			}
			for i := range 2 {
				ready := line(t, lines)
				pid := strings.TrimPrefix(ready, "ready ")
				// tcpdump cannot be root of a namespace that maps one id: it wants to drop the others.
				wire := startLines(t, exec.Command("nsenter", "-t", pid, "-U", "-n", "--preserve-credentials", "python3", "-c", capture, fmt.Sprint("v", i)))
				await(t, wire, "listening on")
				say()
				for _, family := range []string{"AF_INET", "AF_INET6"} {
					for _, how := range []string{"bound sendto", "bound connect", "bound pktinfo", "unicast sendto", "unicast connect", "unicast pktinfo"} {
						if got, want := line(t, lines), family+" "+how+" 1"; got != want {
							t.Errorf("%q, not %q", got, want)
						}
					}
				}
				for seen := ""; seen != "IPv4 9999"; {
					if seen = line(t, wire); strings.HasSuffix(seen, " 53") {
						t.Errorf("on the wire: %s", seen)
					}
				}
				say()
			}
			must(t, stdin.Close())
		})
	}
}

// A sandbox of which a process is stopped in the middle of a call delays nobody.
func TestStoppedSandbox(t *testing.T) {
	const script = `unshare -Urn sh -c 'dig +tries=1 @8.8.8.8 host.example >/dev/null & kill -STOP $!; echo $! ; exec sleep 1000' >pid & 
		until [ -s pid ]; do :; done; unshare -Urn dig +short +tries=1 @8.8.8.8 host.example`
	cmd := exec.Command(binary, slices.Concat(static, []string{"--", "sh", "-c", script})...)
	cmd.Dir = t.TempDir()
	if got := finish(t, cmd); got.stdout != "192.0.2.1\n" {
		t.Errorf("%+v", got)
	}
}

// A socket of the outer network that was handed in stays refused, and the log says so.
func TestSocketsFromOutside(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	dir := t.TempDir()
	const give = `import socket, sys; u = socket.socket(socket.AF_UNIX); u.bind(sys.argv[1]); u.listen(); print("listening", flush=True)
c = u.accept()[0]; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); socket.send_fds(c, [b"x"], [s.fileno()]); c.recv(1)`
	const take = `import socket, sys; u = socket.socket(socket.AF_UNIX); u.connect(sys.argv[1]); s = socket.socket(fileno=socket.recv_fds(u, 1, 1)[1][0])
for how in (lambda: s.sendto(b"x" * 20, ("192.0.2.53", 53)), lambda: s.connect(("192.0.2.53", 53)), lambda: s.sendto(b"x", ("192.0.2.53", 54))):
    try: how(); print("sent")
    except OSError as e: print(e.strerror)`
	o := newOutside(t)
	await(t, startLines(t, o.enter("python3", "-c", give, dir+"/door")), "listening")
	got := finish(t, o.enter(binary, "--audit", log, "--", "python3", "-c", take, dir+"/door"))
	if got.stdout != strings.Repeat("Permission denied\n", 3) || !strings.Contains(got.stderr, "not one that the command made") {
		t.Errorf("%+v", got)
	}
	text, err := os.ReadFile(log)
	must(t, err)
	if bytes.Count(text, []byte("192.0.2.53")) == 0 {
		t.Errorf("the log: %s", text)
	}
}
