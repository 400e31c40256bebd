package tests

import (
	"strconv"
	"testing"
)

// crowd asks in as many processes as it is told to, stops half of them and kills the rest in the midst of their calls, and asks all the
// while itself.
const crowd = `import os, signal, socket, sys
children, size = [], int(sys.argv[1])
for i in range(size):
    pid = os.fork()
    if pid == 0:
        while True: socket.getaddrinfo("host.example", 80)
    children.append(pid)
ok = 0
for i in range(100):
    ok += socket.getaddrinfo("alias.example", 80, flags=socket.AI_CANONNAME)[0][3] == "host.example"
    if i < size: os.kill(children[i], signal.SIGSTOP if i % 2 else signal.SIGKILL)
print(ok)
`

// Targets that are stopped or killed in their calls cost nobody else anything.
func TestStoppedAndDeadTargets(t *testing.T) {
	if got := run(t, withStatic("/usr/bin/python3", "-c", crowd, strconv.Itoa(scaled(40, 1, 5)))...); got.stdout != "100\n" || got.stderr != "" || got.status != 0 {
		t.Errorf("%+v", got)
	}
}
