package tests

import (
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms makes as many sandboxes as it is told, and has each in turn do what the lines of its input say: "N ask" or "N listens".
const rooms = `import socket, subprocess, sys
room = r'''
import socket, sys
query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
for line in sys.stdin:
    if line == "listens\n":
        print(any(l.split()[1].endswith(":0035") for l in open("/proc/net/udp6")), flush=True)
        continue
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(10)
    try: s.sendto(query, ("8.8.8.8", 53)); print(s.recv(512)[-4:] == b"\xc0\0\2\1", flush=True)
    except OSError as e: print(e, flush=True)
'''
every = [subprocess.Popen(["unshare", "-Urn", "/usr/bin/python3", "-c", room], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(int(sys.argv[1]))]
for line in sys.stdin:
    number, what = line.split()
    r = every[int(number)]; print(what, file=r.stdin, flush=True); print(r.stdout.readline().strip(), flush=True)
`

// Where there are more sandboxes than are served at once, who has asked nothing for longest makes room, and is served again when it asks.
func TestMostNamespaces(t *testing.T) {
	for _, net := range nets {
		t.Run(net, func(t *testing.T) {
			cmd := exec.Command(binary, slices.Concat([]string{net, "--max-namespaces=2"}, static, []string{"--", "/usr/bin/python3", "-c", rooms, "3"})...)
			var said strings.Builder
			cmd.Stderr = &said
			stdin, err := cmd.StdinPipe()
			must(t, err)
			lines := startLines(t, cmd)
			do := func(what string) string {
				_, err := io.WriteString(stdin, what+"\n")
				must(t, err)
				return line(t, lines)
			}
			for _, room := range []string{"0", "1", "0", "2"} {
				if got := do(room + " ask"); got != "True" {
					t.Errorf("sandbox %s: %s", room, got)
				}
			}
			for do("1 listens") == "True" { // it is let go of in the background
			}
			for _, room := range []string{"0", "2"} {
				if got := do(room + " listens"); got != "True" {
					t.Errorf("sandbox %s is served: %s", room, got)
				}
			}
			// Each question takes away the room of whoever is to ask next.
			for i := range 300 {
				room := string(rune('0' + i%3))
				if got := do(room + " ask"); got != "True" {
					t.Fatalf("question %d, of sandbox %s: %s", i, room, got)
				}
			}
			must(t, stdin.Close())
			must(t, cmd.Wait())
			if said.Len() > 0 {
				t.Error(said.String())
			}
		})
	}
}

// However many ask first in a sandbox, all at the same time, it is set up once: a second wall would find the first one on its port.
func TestFirstQuestionsTogether(t *testing.T) {
	const program = `import socket, threading
barrier, right = threading.Barrier(50), []
query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
def ask():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(10); barrier.wait(); s.sendto(query, ("8.8.8.8", 53))
    if s.recv(512)[-4:] == b"\xc0\0\2\1": right.append(1)
threads = [threading.Thread(target=ask) for _ in range(50)]
for t in threads: t.start()
for t in threads: t.join()
print(len(right))`
	for _, net := range nets {
		for range 10 {
			got := run(t, slices.Concat([]string{net}, static, []string{"--", "unshare", "-Urn", "/usr/bin/python3", "-c", program})...)
			if got != (result{0, "50\n", ""}) {
				t.Errorf("%s: %+v", net, got)
			}
		}
	}
}
