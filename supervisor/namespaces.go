package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// namespaces are the network namespaces of the tree: the command's own, and those that it makes, which get a wall at their
// first question.
type namespaces struct {
	ctx         context.Context //nolint:containedctx // the run's: a namespace outlives the call that brings it
	tree        *sys.Tree
	desk        *desk
	waiting     *crowd // questions that wait for an upstream
	connections *crowd // over TCP, to all but the home
	max         int
	keep        bool             // DNS services of a namespace's own are left alone
	host        bool             // the home namespace is the host's: its calls are let run
	home        identity         // of the command's own
	file        sys.FileID       // of it
	links       sys.NetworkLinks // of threads
	held        *os.File         // it, so that its number is nobody else's
	main        *emulate.Network // the home's; nil in host mode
	top         sys.FileID       // the user namespace that owns what is below us; in host mode it is our own

	mu      sync.Mutex
	served  map[identity]*namespace
	leaving map[identity]*namespace // let go of, and not yet taken down
	ended   chan struct{}           // closed when the tree has
	turn    uint64                  // counts questions, for who is idle longest
	closed  bool
	pending sync.WaitGroup
}

// identity stands for a network namespace: its cookie where sockets tell (netns_cookie in the table of features), else its file, of
// which the number is nobody else's while we have sockets in it. In one run it is either for all.
type identity struct {
	cookie uint64
	file   sys.FileID
}

// namespace is one that the tree made. What is below ready is set once that is closed.
type namespace struct {
	used  uint64             // the turn of its last question
	busy  int                // callers between enter and leave
	end   context.CancelFunc // lets go of it; nil: it is being set up
	where sys.FileID         // set with end
	ready chan struct{}
	gone  chan struct{} // closed when it has been taken down

	err error
	building
}

// entering bounds how long a namespace may take to be set up.
const entering = 10 * time.Second

// namespaces begin with the home: the wall's namespace.
func (c *Config) namespaces(ctx context.Context, tree *sys.Tree, w *wall, h *handler) (*namespaces, error) {
	n := &namespaces{ctx: ctx, tree: tree, desk: h.desk, waiting: h.waiting, connections: newConnections(), max: c.Namespaces, keep: !c.ReplaceDNS, served: map[identity]*namespace{}, leaving: map[identity]*namespace{}, ended: make(chan struct{})}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return nil, err
	}
	n.max = min(n.max, affordable(files.Cur))
	if c.Host {
		return n, n.beginAtHost()
	}
	n.main = &emulate.Network{Stub: w.stub, Connected: h.connected}
	return n, w.stub.Inspect(func(fd int) error {
		var err error
		if n.home, err = identifySocket(fd); err != nil {
			return err
		}
		if n.held, err = sys.NetworkOf(fd); err != nil {
			return err
		}
		if n.file, err = sys.Identify(n.held); err == nil {
			n.top, err = sys.IdentifyPath(fmt.Sprintf("/proc/%d/ns/user", tree.PID))
		}
		if !sys.TakesDescriptors() {
			n.home = identity{file: n.file}
		}
		if err != nil {
			err = errors.Join(err, n.held.Close())
		}
		return err
	})
}

// affordable is how many namespaces at once a process may have that may open so many files: forwards have four fifths of them.
func affordable(files uint64) int {
	const each = 8 // sockets, the namespace, a process in it
	return max(4, int(min(files, 1<<20))/10/each)
}

// beginAtHost makes our own network namespace the home.
func (n *namespaces) beginAtHost() error {
	n.host = true
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	defer unix.Close(fd)
	if n.held, err = os.Open("/proc/self/ns/net"); err != nil {
		return err
	}
	if n.file, err = sys.Identify(n.held); err != nil {
		return errors.Join(err, n.held.Close())
	}
	if cookie, errno := sys.NetworkCookie(fd); errno == 0 && sys.TakesDescriptors() {
		n.home.cookie = cookie
	} else {
		n.home.file = n.file
	}
	if n.top, err = sys.IdentifyPath("/proc/self/ns/user"); err != nil {
		err = errors.Join(err, n.held.Close())
	}
	return err
}

// homeOf is the command's own network, if a socket is of it.
func (n *namespaces) homeOf(fd int) *emulate.Network {
	if id, err := identifySocket(fd); err != nil || id != n.home {
		return nil
	}
	return n.main
}

// find finds the network of a socket: see emulate.Handler.
func (n *namespaces) find(c emulate.Call, fd int, to emulate.Destination) (*emulate.Network, unix.Errno) {
	id, err := n.identify(fd, c.TID)
	switch {
	case fd == emulate.NoSocket && !c.Waits():
		return nil, unix.ENOENT // the thread may be another by now
	case err == nil && id == n.home:
		return n.main, 0
	case err != nil && n.atHome(c.TID):
		return nil, 0 // without netns_cookie an ordinary user is not told which his own is
	case to.Address.Port() != stubPort:
		return n.beside(fd), 0
	}
	if err != nil {
		return nil, n.refuse(c, to, unix.EACCES, err)
	}
	network, err := n.question(id, fd, c.TID, to.Address.Addr())
	switch {
	case err == nil && network == nil && !n.desk.leave(c, to):
		return nil, unix.EACCES
	case errors.Is(err, errOutside):
		return nil, n.refuse(c, to, unix.EACCES, err)
	case err != nil:
		return nil, n.refuse(c, to, unix.ENETUNREACH, err)
	}
	return network, 0
}

// question is the network of a namespace that asks, once more where it was let go of in between.
func (n *namespaces) question(id identity, fd, tid int, resolver netip.Addr) (network *emulate.Network, err error) {
	for range 3 {
		var ns *namespace
		if ns, err = n.enter(id, fd, tid); err != nil {
			return nil, err
		}
		network, err = ns.open(resolver)
		n.leave(ns)
		if err == nil {
			return network, nil
		}
		n.drop(id, ns)
		if !errors.Is(err, context.Canceled) {
			break
		}
	}
	return nil, err
}

// arrive gives the namespace of a socket its addresses ahead of the first question, which says what is wrong if it cannot.
func (n *namespaces) arrive(c emulate.Call, fd int, connects bool) {
	if id, err := n.identify(fd, c.TID); err == nil && id != n.home {
		if ns, err := n.enter(id, fd, c.TID); err == nil {
			ns.address(connects)
			n.leave(ns)
		}
	}
}

func (n *namespaces) refuse(c emulate.Call, to emulate.Destination, errno unix.Errno, err error) unix.Errno {
	n.desk.blockNamespace(c, to, err)
	return errno
}

// beside is the network of a socket that is not the home's, for what is not a question. In host mode nobody is held back; else
// what the tree made reaches only the tree.
func (n *namespaces) beside(fd int) *emulate.Network {
	if n.host {
		return nil
	}
	ns, err := sys.NetworkOf(fd)
	if err != nil {
		return n.main
	}
	defer ns.Close()
	if below, err := sys.OwnedBelow(ns, n.top); err != nil || !below {
		return n.main
	}
	return nil
}

// enter returns a namespace that is served, and sets it up where it is not: once, however many ask.
func (n *namespaces) enter(id identity, fd, tid int) (*namespace, error) {
	n.mu.Lock()
	ns := n.served[id]
	if ns == nil && n.closed {
		n.mu.Unlock()
		return nil, context.Canceled
	}
	if ns == nil {
		ns = &namespace{ready: make(chan struct{}), gone: make(chan struct{})}
		n.served[id] = ns
		before := n.leaving[id]
		n.evict()
		n.pending.Add(1)
		defer n.pending.Done()
		defer close(ns.ready)
		defer func() {
			if ns.err != nil {
				n.forget(id, ns)
			}
		}()
		n.used(ns)
		n.mu.Unlock()
		if ns.err = n.outwait(before); ns.err == nil {
			ns.err = n.setUp(id, ns, fd, tid)
		}
		return ns, ns.err
	}
	n.used(ns)
	n.mu.Unlock()
	<-ns.ready
	return ns, ns.err
}

// outwait waits until what was there before is taken down: its sockets would be taken for a DNS service of the namespace's own.
func (n *namespaces) outwait(before *namespace) error {
	if before == nil {
		return nil
	}
	select {
	case <-before.gone:
		return nil
	case <-n.ctx.Done():
		return context.Cause(n.ctx)
	}
}

func (n *namespaces) used(ns *namespace) {
	n.turn++
	ns.used = n.turn
	ns.busy++
}

func (n *namespaces) forget(id identity, ns *namespace) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.served[id] == ns {
		n.release(id, ns)
	}
}

// release stops serving a namespace. One that was set up is taken down next.
func (n *namespaces) release(id identity, ns *namespace) {
	delete(n.served, id)
	if ns.end != nil {
		n.leaving[id] = ns
	}
}

// parted is told that a namespace has been taken down.
func (n *namespaces) parted(id identity, ns *namespace) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.leaving, id)
	close(ns.gone)
}

// drop forgets a namespace that has been set up, and lets go of it.
func (n *namespaces) drop(id identity, ns *namespace) {
	n.forget(id, ns)
	ns.end()
}

// leave ends what enter began.
func (n *namespaces) leave(ns *namespace) {
	n.mu.Lock()
	defer n.mu.Unlock()
	ns.busy--
}

// evict lets go of whom has asked nothing for longest, where there are too many. One that somebody is busy with stays: there are no
// more of those than calls that are carried out at once.
func (n *namespaces) evict() {
	for len(n.served) > n.max {
		var oldest identity
		var idle *namespace
		for id, ns := range n.served {
			if ns.busy == 0 && ns.end != nil && (idle == nil || ns.used < idle.used) {
				oldest, idle = id, ns
			}
		}
		if idle == nil {
			return
		}
		n.release(oldest, idle)
		idle.end()
	}
}

// errOutside is a socket that was handed in from outside.
var errOutside = errors.New("its network namespace is not one that the command made")

// setUp enters a namespace, and lets go of it when its last process is gone.
func (n *namespaces) setUp(id identity, ns *namespace, fd, tid int) error {
	file, err := n.below(fd, tid)
	if err != nil {
		return err
	}
	where, err := sys.Identify(file)
	if err == nil && id.cookie == 0 && id.file != where {
		err = errMoved
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	ctx, cancel := context.WithTimeout(n.ctx, entering)
	defer cancel()
	sockets, err := n.tree.Enter(ctx, file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	life, end := context.WithCancel(n.ctx)
	ns.building = building{life: life, desk: n.desk, waiting: n.waiting, connections: n.connections, keep: n.keep, sockets: sockets}
	n.mu.Lock()
	ns.end, ns.where = end, where
	n.mu.Unlock()
	n.pending.Go(func() {
		outlive(life, where, tid)
		n.drop(id, ns)
		over := n.ctx.Err() != nil
		if over {
			<-n.ended
		}
		ns.takeDown(over)
		n.parted(id, ns)
		_ = file.Close() // so long its number was nobody else's
	})
	return nil
}

// below opens the network namespace of a socket, if the tree has made it.
func (n *namespaces) below(fd, tid int) (*os.File, error) {
	file, err := networkOf(fd, tid)
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("%w (%w)", errOutside, err)
	}
	if err != nil {
		return nil, err
	}
	if below, err := sys.OwnedBelow(file, n.top); err != nil || !below {
		return nil, errors.Join(errOutside, err, file.Close())
	}
	return file, nil
}

// atHome says whether a thread is in the host's network namespace, where it may use what the host has. One that may not be looked
// at is not in a sandbox.
func (n *namespaces) atHome(tid int) bool { return n.host && !n.away(tid) }

// away says whether a thread can be seen to be in another network namespace than the command's own.
func (n *namespaces) away(tid int) bool {
	home, err := n.links.Leads(tid, n.file)
	return err == nil && !home
}

// close lets go of all, and waits for it. The context has ended, and the tree.
func (n *namespaces) close() {
	close(n.ended)
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.pending.Wait()
	n.links.Close()
	_ = n.held.Close()
}
