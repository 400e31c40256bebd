package tests

import (
	"os/exec"
	"testing"
)

// terminal drives an interactive bash under a terminal: text typed, then what must appear.
const terminal = `import os, pty, select, sys, termios, time
dv = sys.argv[1]
pid, fd = pty.fork()
if pid == 0:
    os.environ["PS1"] = "PROMPT$ "
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
seen = b""
def until(text):
    global seen
    end = time.time() + 30
    while text not in seen:
        ready = select.select([fd], [], [], max(0, end - time.time()))[0]
        if not ready:
            sys.exit("%r did not appear: %r" % (text, seen))
        seen += os.read(fd, 4096)
    seen = seen[seen.index(text) + len(text):]
def type(text, *expect):
    os.write(fd, text)
    for e in expect: until(e)
run = dv.encode() + b" -- "
until(b"PROMPT$ ")
before = termios.tcgetattr(fd)
type(run + b"sh -c 'echo REA''DY; exec cat'\n", b"READY")
type(b"\x1a", b"Stopped", b"PROMPT$ ")
type(b"fg\n", b"cat'")
type(b"ping\n", b"ping", b"ping") # echoed, and copied by cat once it has the terminal again
type(b"\x03", b"PROMPT$ ")
type(run + b"sh -c 'echo REA''DY; exec cat'\n", b"READY")
type(b"\x1a", b"Stopped", b"PROMPT$ ")
type(b"kill %1; fg; echo st=$?\n", b"st=143", b"PROMPT$ ")
type(run + b"sh -c 'echo REA''DY; exec sleep 1000'\n", b"READY")
type(b"\x1a", b"Stopped", b"PROMPT$ ")
type(b"bg; jobs\n", b"Running", b"PROMPT$ ")
type(b"kill %1; wait %1; echo st=$?\n", b"st=143", b"PROMPT$ ")
type(run + b"sh -c 'echo REA''DY; exec sleep 1000'\n", b"READY")
type(b"\x03", b"PROMPT$ ")
type(b"echo st=$?\n", b"st=130", b"PROMPT$ ")
type(run + b"bash --norc --noprofile -i\n", b"PROMPT$ ")
type(b"sh -c 'echo IN''SIDE; exec sleep 1000'\n", b"INSIDE")
type(b"\x1a", b"Stopped", b"PROMPT$ ")
type(b"kill -9 %1; while jobs -s | grep -q .; do :; done; stty size; exit 5\n", b"PROMPT$ ")
type(b"echo st=$?\n", b"st=5", b"PROMPT$ ")
if termios.tcgetattr(fd)[:4] != before[:4]: sys.exit("the terminal is not as before")
type(run + b"stty raw -echo\n", b"PROMPT$ ")
type(b"stty sane; echo sa''ne\n", b"sane", b"PROMPT$ ")
print("done")
`

// Ctrl-C, Ctrl-Z, fg and bg do what they do without us, in a plain command and in an interactive shell.
func TestTerminal(t *testing.T) {
	if got := finish(t, exec.Command("/usr/bin/python3", "-c", terminal, binary)); got.stdout != "done\n" {
		t.Errorf("%+v", got)
	}
}
