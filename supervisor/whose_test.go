package supervisor

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// A thread whose socket cannot be had is where its network namespace is.
func TestIdentifyAThread(t *testing.T) {
	here, err := sys.IdentifyPath("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := sys.FileID{Dev: here.Dev, Ino: here.Ino + 1}
	cookies, files := identity{cookie: 7}, identity{file: elsewhere}
	served := identity{cookie: 8}
	for _, c := range []struct {
		name  string
		space *namespaces
		want  identity
		err   error
	}{
		{"at home", &namespaces{file: here, home: cookies}, cookies, nil},
		{"away, told by files", &namespaces{file: elsewhere, home: files}, identity{file: here}, nil},
		{"away, told by cookies, where nobody has asked", &namespaces{file: elsewhere, home: cookies}, identity{}, errOwnTable},
		{"away, told by cookies, where others have asked", &namespaces{file: elsewhere, home: cookies, served: map[identity]*namespace{
			{cookie: 9}: {where: elsewhere}, served: {where: here},
		}}, served, nil},
	} {
		if got, err := c.space.identify(emulate.NoSocket, os.Getpid()); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	if _, err := (&namespaces{file: here, home: cookies}).identify(emulate.NoSocket, 1<<22+1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a thread that has gone: %v", err)
	}
}

// A namespace is opened only as the one that a thread was seen in.
func TestAThreadThatMoved(t *testing.T) {
	n := &namespaces{}
	var err error
	if n.top, err = sys.IdentifyPath("/proc/self/ns/user"); err != nil {
		t.Fatal(err)
	}
	if err := n.setUp(identity{file: sys.FileID{Dev: 1, Ino: 1}}, &namespace{}, emulate.NoSocket, os.Getpid()); !errors.Is(err, errMoved) && !errors.Is(err, errOutside) {
		t.Error(err)
	}
}

// The home's file stays open for the run, so that the kernel keeps it.
func TestHomeIsHeld(t *testing.T) {
	n := &namespaces{ended: make(chan struct{})}
	if err := n.beginAtHost(); err != nil {
		t.Fatal(err)
	}
	if id, err := sys.Identify(n.held); err != nil || id != n.file {
		t.Errorf("holds %v (%v), not %v", id, err, n.file)
	}
	if n.away(os.Getpid()) {
		t.Error("we are not at home")
	}
	n.close()
	if err := n.held.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("still open after the run: %v", err)
	}
}
