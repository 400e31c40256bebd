package tests

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tcpClient speaks DNS over TCP by hand: pipelined, in pieces, and silent.
const tcpClient = `import socket, struct, sys
def question(i, name):
    q = struct.pack(">6H", i, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0\0\x01\0\x01"
    return struct.pack(">H", len(q)) + q
def read(s, n):
    b = b""
    while len(b) < n:
        part = s.recv(n - len(b))
        if not part: raise EOFError(len(b))
        b += part
    return b
def answer(s):
    m = read(s, struct.unpack(">H", read(s, 2))[0])
    return struct.unpack(">H", m[:2])[0], m[3] & 15, struct.unpack(">H", m[6:8])[0]
def connect():
    s = socket.create_connection(("9.9.9.9", 53), 30)
    return s
s = connect()
s.sendall(b"".join(question(i, "host.example" if i % 2 else "denied.example") for i in range(50)))
print("pipelined", sorted(answer(s) for i in range(50)) == [(i, 0 if i % 2 else 3, i % 2) for i in range(50)])
s = connect()
for b in question(7, "host.example"): s.sendall(bytes([b]))
print("in pieces", answer(s))
s.shutdown(socket.SHUT_WR)
print("then closed", s.recv(1))
s = connect(); s.sendall(b"\0\x05hello")
print("garbage", s.recv(10))
s = connect(); s.sendall(b"\0\x00")
print("empty", s.recv(10))
def end(s):
    try: return s.recv(1)
    except ConnectionResetError: return b""  # what is behind was not read
s = connect(); s.sendall(question(1, "host.example") + b"\0\x05hello" + question(2, "host.example"))
print("around garbage", answer(s), end(s))
many = []
for i in range(200):
    try: many.append(socket.create_connection(("9.9.9.9", 53), 30))
    except OSError: pass
for c in many: c.close()
while True: # the other end may not have heard of each close yet
    try:
        s = connect(); s.sendall(question(9, "host.example"))
        print("after many", answer(s))
        break
    except (ConnectionError, EOFError): pass
if "idle" in sys.argv:
    s = connect()
    print("idle", s.recv(1))
`

func TestStubTCP(t *testing.T) {
	got := run(t, slices.Concat([]string{"--quiet"}, withStatic("/usr/bin/python3", "-c", tcpClient, "idle"))...)
	const want = "pipelined True\nin pieces (7, 0, 1)\nthen closed b''\ngarbage b''\nempty b''\naround garbage (1, 0, 1) b''\nafter many (9, 0, 1)\nidle b''\n"
	if got.stdout != want {
		t.Errorf("%s%s\nwant %s", got.stdout, got.stderr, want)
	}
}

// Several questions, to several resolvers and to others than resolvers, in one call.
func TestSendmmsg(t *testing.T) {
	got := run(t, slices.Concat([]string{"--quiet"}, withStatic(program("sendmmsg")))...)
	const want = "sent 3 of 3\nsizes 30 30 30\nanswers from 1.1.1.1:53 127.0.0.53:53 8.8.8.8:53\n" +
		"mixed: sent 2 of 3, then EACCES\ncontrol messages: sent 30, answer from 9.9.9.9:53\nMSG_MORE: answer from 9.9.9.9:53\n"
	if got.stdout != want {
		t.Errorf("%+v\nwant %s", got, want)
	}
}

// With IPv6 switched off inside, everything IPv4 still answers.
func TestIPv6Disabled(t *testing.T) {
	o := newOutside(t)
	fifo := filepath.Join(o.dir, "fifo")
	if out, err := exec.Command("mkfifo", fifo).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	script := `echo pid $$; read x <` + fifo + `; cat /proc/sys/net/ipv6/conf/all/disable_ipv6
		dig +short @8.8.8.8 alias.example; dig +tcp +short @127.0.0.1 alias.example AAAA; getent ahostsv4 alias.example | head -1; echo end`
	cmd := o.enter(append([]string{binary}, withStatic("sh", "-c", script)...)...)
	lines := startLines(t, cmd)
	pid := strings.Fields(line(t, lines))[1]
	// In one process: an ordinary user has the capabilities of a user namespace that he enters until he execs.
	const disable = `import ctypes, os, sys
for kind in (["net"] if os.geteuid() == 0 else ["user", "net"]):
    if ctypes.CDLL(None, use_errno=True).setns(os.open(f"/proc/{sys.argv[1]}/ns/{kind}", os.O_RDONLY), 0): raise OSError(ctypes.get_errno(), kind)
open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w").write("1")`
	if out, err := o.enter("/usr/bin/python3", "-c", disable, pid).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	must(t, os.WriteFile(fifo, []byte("go\n"), 0))
	for _, want := range []string{"1", "host.example.", "192.0.2.1", "host.example.", "2001:db8::1", "192.0.2.1 "} {
		if got := line(t, lines); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	text, err := r.ReadString('\n')
	must(t, err)
	return strings.TrimSuffix(text, "\n")
}

// A thread may have descriptors of its own.
func TestOwnDescriptorTable(t *testing.T) {
	if got := run(t, withStatic(program("table"))...); got.stdout != "sent 30, answered\n" || got.stderr != "" {
		t.Errorf("%+v", got)
	}
}

// What a program leaves in the terminal's input, a shell outside would run.
func TestNoTypingIntoTheTerminal(t *testing.T) {
	const inject = `import fcntl, sys, termios
for request in (termios.TIOCSTI, 0x541c):
    try: fcntl.ioctl(0, request, b"x"); print("typed")
    except OSError as e: print(e.errno)`
	got := finish(t, exec.Command("script", "-qec", binary+` -- /usr/bin/python3 -c '`+inject+`'`, os.DevNull))
	if got.stdout != "1\r\n1\r\n" {
		t.Errorf("%+v", got)
	}
}
