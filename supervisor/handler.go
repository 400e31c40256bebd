package supervisor

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/emulate"
	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
)

// handler joins the emulator to the desk: it implements emulate.Handler.
type handler struct {
	ctx     context.Context //nolint:containedctx // the run's: questions outlive the calls that bring them
	desk    *desk
	clients *clients
	spaces  *namespaces
	guard   *guard // nil: AF_UNIX is not looked at
	waiting *crowd // questions that wait for an upstream
}

// Query implements emulate.Handler.
func (h *handler) Query(q emulate.Query) emulate.Outcome {
	by := asker{tid: q.Call.TID, caught: q.Call.Syscall, call: &q.Call, transport: audit.TransportDNSUDP, client: q.Client, resolver: q.Resolver}
	reply := h.desk.ask(q.Wire, by, maxUDPResponse)
	if reply.pending != nil {
		return emulate.Outcome{After: func() { h.deliverLater(q, reply) }}
	}
	return emulate.Outcome{Errno: reply.errno, Response: reply.response}
}

// deliverLater asks an upstream, and does not wait for it.
func (h *handler) deliverLater(q emulate.Query, reply reply) {
	leave, ok := h.waiting.enter(q.Call.TID)
	if !ok {
		return // dropped, as a resolver under load does
	}
	go func() {
		defer leave()
		if response := reply.await(h.ctx); response != nil {
			q.Deliver(response)
		}
	}()
}

// Refuse implements emulate.Handler.
func (h *handler) Refuse(c emulate.Call, to emulate.Destination) unix.Errno {
	h.desk.block(c, to)
	return unix.EACCES
}

// Unix implements emulate.Handler.
func (h *handler) Unix(c emulate.Call, path string) unix.Errno {
	if h.guard == nil || h.spaces.atHome(c.TID) {
		return 0
	}
	errno := h.guard.check(c.TID, path)
	if errno != 0 && c.Waits() { // else it may be another's path
		h.desk.blockUnix(c, path)
	}
	return errno
}

// identify looks up who makes a call; nobody if it has ended meanwhile, and its thread id may be another's.
func identify(c emulate.Call) *audit.Process {
	process := audit.Lookup(c.TID)
	if !c.Waits() {
		process = audit.Process{}
	}
	return &process
}

// Filter implements emulate.Handler.
func (h *handler) Filter(c emulate.Call, program []byte, listener bool) {
	silences := filter.Silences(program)
	if !silences && !listener {
		return
	}
	who := "a program"
	if p := identify(c); p.Executable != "" {
		who = fmt.Sprintf("%s (pid %d)", audit.Escape(p.Executable), p.PID)
	}
	if silences {
		h.desk.notices.once("silenced "+who, "%s loads a seccomp filter that refuses sockets: whatever it runs cannot ask for names; "+
			"hint: let that sandbox have a network, as Codex's has with network.enabled = true and its network_proxy", who)
	}
	if listener {
		h.desk.notices.once("listener "+who, "%s wants to be told of system calls itself, and gets EBUSY: the kernel has one listener for each process; "+
			"hint: run codex-dnsvisor within that tool", who)
	}
}

// Away implements emulate.Handler.
func (h *handler) Away(tid int) bool { return h.spaces.away(tid) }

// Arrive implements emulate.Handler.
func (h *handler) Arrive(c emulate.Call, fd int, connects bool) { h.spaces.arrive(c, fd, connects) }

// Network implements emulate.Handler.
func (h *handler) Network(c emulate.Call, fd int, to emulate.Destination) (*emulate.Network, unix.Errno) {
	return h.spaces.find(c, fd, to)
}

// connected remembers who speaks to the stub; see emulate.Network.
func (h *handler) connected(c emulate.Call, transport string, local netip.AddrPort) {
	who := client{tid: c.TID}
	if h.desk.log != nil {
		who.process = identify(c) // here, where waiting for the target's memory harms nobody else
	}
	if transport == "tcp" {
		h.clients.connected(audit.TransportDNSTCP, who, local)
		return
	}
	h.clients.connected(audit.TransportDNSUDP, who, local)
}
