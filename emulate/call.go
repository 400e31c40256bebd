package emulate

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Call says which call was caught.
type Call struct {
	TID     int    // of the calling thread
	Syscall string // "connect", "sendto", "sendmsg", "sendmmsg"

	listener *sys.Listener // nil: it waits
	id       uint64
}

// Waits says whether the call still waits for its answer: what was read under its thread id before that is of its thread, and
// of no other that came after it.
func (c Call) Waits() bool { return c.listener == nil || c.listener.Valid(c.id) }

// Destination is an internet address that a call aims at.
type Destination struct {
	Transport string // "udp", "tcp", "icmp", or the number of the IP protocol; "unknown" for NoSocket
	Address   netip.AddrPort
}

// Query is a DNS message that a target sent by UDP.
type Query struct {
	Call     Call
	Wire     []byte         // as the target sent it; the handler may keep it
	Resolver netip.AddrPort // the address that was asked
	Client   netip.AddrPort // the local address of the target's socket
	Deliver  func([]byte)   // writes a response to the target's socket; from any goroutine, at any time
}

// Outcome is what a Handler makes of a Query.
type Outcome struct {
	Errno    unix.Errno // not zero: the call itself fails
	Response []byte     // to be delivered once the call has returned; nil: none, or later through Deliver
	After    func()     // called once the call has returned, not where it was interrupted; nil: nothing is to be done
}

// Handler decides. Its methods are called from many goroutines, and may block only as long as the call may.
type Handler interface {
	// Query decides one DNS message.
	Query(Query) Outcome
	// Refuse is told of a call to an address that is neither port 53 nor local, and names the call's error.
	Refuse(Call, Destination) unix.Errno
	// Unix is asked about a call to the AF_UNIX path of a target; zero lets it run.
	Unix(c Call, path string) unix.Errno
	// Filter is told of a seccomp filter (struct sock_filter by the thousand at most) that a target is about to load. listener: it
	// asks for the descriptor that a run has already, and will not get it (EBUSY).
	Filter(c Call, program []byte, listener bool)
	// Away says whether a thread is in a network namespace of the tree's that is not the first one.
	Away(tid int) bool
	// Arrive is told of a socket (a duplicate, or NoSocket) of such a thread that asks the kernel for its addresses, or connects to
	// loopback.
	Arrive(c Call, fd int, connects bool)
	// Network finds the network namespace of a socket (a duplicate of the caller's), for a call that is for a resolver or for
	// anybody else outside; of the calling thread for NoSocket, and a resolver. Nil: the call is let run. An errno: it fails.
	Network(c Call, fd int, to Destination) (*Network, unix.Errno)
}

// Network is a network namespace that has a wall.
type Network struct {
	Stub *sys.Stub // answers from the addresses that targets ask
	// Open lets every call run that is not for a resolver: it reaches the tree's own namespaces, or it is meant to reach others.
	Open bool
	// Connected is told that a target's socket, bound to local, speaks to a resolver through the stub, or is about to:
	// transport is "udp" or "tcp".
	Connected func(c Call, transport string, local netip.AddrPort)
}
