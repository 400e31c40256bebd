package tests

import (
	"os"
	"testing"
)

// silent is an upstream that answers names that begin with "quick" and no others.
const silent = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 5399))
print("bound", flush=True)
while True:
    q, who = s.recvfrom(4096)
    if q[13:18].lower() == b"quick":
        end = q.index(b"\0", 12) + 5
        s.sendto(q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + q[12:end] + b"\xc0\x0c\0\1\0\1\0\0\1\0\0\4\xc0\0\2\x09", who)
`

// asking begins a client that writes its own questions.
const asking = `import os, socket, struct
def question(i, name):
    return struct.pack(">6H", i, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0\0\x01\0\x01"
resolver = ("9.9.9.9", 53)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(30)
`

// An answer that is known does not wait behind a question that hangs at the upstream, whichever way both take on one socket;
// and a process that has more of those than it may leaves room for another's.
func TestUpstreamWaitDelaysNobody(t *testing.T) {
	o := newOutside(t)
	await(t, startLines(t, o.enter("/usr/bin/python3", "-c", silent)), "bound")
	const rule = "[network.domains]\n\"*.example\" = \"allow\"\n[dns.budget]\nnames = 2000\nbytes = 100000\ntotal-names = 2000\ntotal-bytes = 100000\nquestions = 2000\n"
	must(t, os.WriteFile(o.path("policy.toml"), []byte(rule), 0o644))
	for name, script := range map[string]string{
		"caught": `s.sendto(question(1, "slow.example"), resolver); s.sendto(question(2, "host.example"), resolver)
print(s.recv(512)[1])`,
		"connected": `s.connect(resolver)
s.send(question(1, "slow.example")); s.send(question(2, "host.example"))
print(s.recv(512)[1])`,
		"TCP": `s = socket.create_connection(resolver, 30)
for q in question(1, "slow.example"), question(2, "host.example"): s.sendall(struct.pack(">H", len(q)) + q)
print(s.recv(512)[3])`,
		"another process": `mine, theirs = os.pipe()
if os.fork() == 0:
    for i in range(1500): s.sendto(question(i, f"slow{i}.example"), resolver)
    os.write(theirs, b"x")
    s.recv(512)
os.read(mine, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(30)
s.sendto(question(2, "quick.example"), resolver)
print(s.recv(512)[1])`,
	} {
		t.Run(name, func(t *testing.T) {
			got := o.run("-q", "--upstream", "udp://127.0.0.1:5399", "--policy", o.path("policy.toml"), "--record", "host.example. A 192.0.2.1", "--", "/usr/bin/python3", "-c", asking+script)
			if got.stdout != "2\n" {
				t.Errorf("%+v, want the second question answered first", got)
			}
		})
	}
}
