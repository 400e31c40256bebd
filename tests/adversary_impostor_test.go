package tests

import (
	"slices"
	"strings"
	"testing"
)

// impostor is the root of a sandbox that speaks to the supervisor's own netlink socket in the kernel's place: what cannot be parsed,
// what is not so, and a thousand of each while questions are asked.
const impostor = `import os, socket, struct, subprocess
def ask():
    print(subprocess.run(["getent", "ahostsv4", "host.example"], capture_output=True, text=True).stdout.split(" ")[0], flush=True)
def message(kind, body):
    b = struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body
    return b + bytes(-len(b) % 4)
def address(family, bits, value, length=0):
    return message(20, struct.pack("=BBBBI", family, bits, 0, 0, 2) + struct.pack("=HH", length or 4 + len(value), 1) + value)
lies = [
    address(2, 24, b"x"), address(2, 24, b"xxxx", 900), address(2, 255, b"xxxx"), # malformed
    address(2, 0, bytes(4)), address(10, 0, bytes(16)),                          # everybody is a neighbour
    message(3, b""), message(2, struct.pack("=i", -1) + bytes(16)), message(2, b""), message(16, b"\xff" * 16), message(33, b"\0\0\0\0\x35" + bytes(7)), b"\xff" * 64,
]
ask()
route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
ports = {int(f[2]) for f in map(str.split, list(open("/proc/net/netlink"))[1:]) if f[1] == "0" and int(f[2])}
sent = 0
def tell(lie):
    global sent
    for to in [(port, 0) for port in ports] + [(0, 1), (0, 1 << 4), (0, 1 << 7)]:
        try: route.sendto(lie, socket.MSG_DONTWAIT, to); sent += 1
        except OSError: pass
for lie in lies: tell(lie); ask()
child = os.fork()
if not child:
    for i in range(1000):
        for lie in lies: tell(lie)
    os._exit(0)
for i in range(10): ask()
os.waitpid(child, 0)
ask()
print("told" if ports and sent > 3 * len(lies) else "nobody there")`

// The supervisor hears the kernel alone.
func TestAdversaryImpostors(t *testing.T) {
	for _, net := range nets {
		got := run(t, slices.Concat([]string{net}, static, []string{"--", "unshare", "-Urn", "python3", "-c", impostor})...)
		if want := strings.Repeat("192.0.2.1\n", 23) + "told\n"; got.stdout != want || got.status != 0 {
			t.Errorf("%s: %+v", net, got)
		}
	}
}

// A sandbox's root that destroys the supervisor's sockets, where the kernel has that (CONFIG_INET_DIAG_DESTROY), has no TCP any
// more: datagrams are answered.
func TestAdversaryDestroysSockets(t *testing.T) {
	const script = `getent ahostsv4 host.example | sed -n 1p; ss -K -lnt 'sport = :53' >/dev/null; ss -K -lnu 'sport = :53' >/dev/null
		dig +short +tries=1 @8.8.8.8 host.example`
	got := run(t, slices.Concat(static, []string{"--", "unshare", "-Urn", "bash", "-c", script})...)
	if got.stdout != "192.0.2.1       STREAM host.example\n192.0.2.1\n" {
		t.Errorf("%+v", got)
	}
}
