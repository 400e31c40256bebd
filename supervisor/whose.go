package supervisor

import (
	"errors"
	"fmt"
	"os"

	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// identifySocket tells whose network namespace a socket is of.
func identifySocket(fd int) (identity, error) {
	if cookie, errno := sys.NetworkCookie(fd); errno == 0 {
		return identity{cookie: cookie}, nil
	}
	ns, err := sys.NetworkOf(fd)
	if err != nil {
		return identity{}, err
	}
	defer ns.Close()
	file, err := sys.Identify(ns)
	return identity{file: file}, err
}

// identify tells whose network namespace a socket is of, and of emulate.NoSocket the thread's that calls: a thread moves to another
// by itself alone, and it waits for us. A socket of its own can still be of another, and then meets what is there.
func (n *namespaces) identify(fd, tid int) (identity, error) {
	if fd != emulate.NoSocket {
		return identifySocket(fd)
	}
	file, err := sys.IdentifyPath(networkPath(tid))
	switch {
	case err != nil:
		return identity{}, err
	case file == n.file:
		return n.home, nil
	case n.home.cookie == 0:
		return identity{file: file}, nil
	}
	return n.servedAt(file)
}

// errOwnTable is a thread of which no socket can be looked at, where namespaces are told by sockets.
var errOwnTable = errors.New("the thread has a descriptor table of its own, and nobody else has asked here")

// servedAt is a namespace that is served already.
func (n *namespaces) servedAt(file sys.FileID) (identity, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, ns := range n.served {
		if ns.where == file {
			return id, nil
		}
	}
	return identity{}, errOwnTable
}

// errMoved is a thread that has ended, or whose number is another's, since it was looked at.
var errMoved = errors.New("its network namespace is another by now")

// networkOf opens the network namespace of a socket, or of the calling thread: see identify.
func networkOf(fd, tid int) (*os.File, error) {
	if fd != emulate.NoSocket {
		return sys.NetworkOf(fd)
	}
	return os.Open(networkPath(tid))
}

func networkPath(tid int) string { return fmt.Sprintf("/proc/%d/ns/net", tid) }
