package supervisor

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// A thread that still hails after a penalty is not heard for twice as long as before, where others ask meanwhile.
const (
	shortestPenalty = 20 * time.Millisecond
	longestPenalty  = time.Second
)

// hail keeps the queue of a stub short, so that it has room for who asks next: it takes from it what it can, and has the kernel drop what comes
// from threads that send faster than is answered until most of the backlog is. An ordinary user's queue has room for some hundred questions, which
// one of them fills in less than a millisecond.
type hail struct {
	backlog
	stub    *sys.Stub
	clients *clients

	mu      sync.Mutex
	muted   map[uint16]struct{} // ports
	loud    map[int]struct{}    // their threads
	others  bool                // have asked since
	samples int                 // of theirs, since a penalty began
	penalty time.Duration       // the last one
	until   *time.Timer         // the end of a penalty; nil: there is none
}

// gather takes what the kernel has.
func (h *hail) gather(buf []byte) {
	const atOnce = 256
	h.mu.Lock()
	defer h.mu.Unlock()
	muted, loud := len(h.muted), len(h.loud)
	for range atOnce {
		d, err := h.stub.ReceiveNow(buf)
		if err != nil {
			break // there is none, or the next Receive says what is wrong
		}
		h.take(d)
	}
	if len(h.loud) > loud {
		h.clients.each(func(port uint16, tid int) {
			if _, ok := h.loud[tid]; ok {
				h.mute(port)
			}
		})
	}
	switch {
	case len(h.muted) > muted:
		_ = h.stub.Mute(slices.Sorted(maps.Keys(h.muted))) // its queue is full without it
	case muted > 0 && h.until == nil && h.total <= backlogFew/4:
		h.relent()
	}
}

// take gives a datagram its place in the backlog, if it has one.
func (h *hail) take(d sys.Datagram) {
	tid := h.clients.from(audit.TransportDNSUDP, d.From).tid
	_, loud := h.loud[tid]
	if loud {
		h.samples++
	}
	if h.push(tid, d) {
		h.others = h.others || len(h.loud) > 0 && !loud
		return
	}
	if h.loud == nil {
		h.loud, h.muted, h.others = map[int]struct{}{}, map[uint16]struct{}{}, false
	}
	h.loud[tid] = struct{}{}
	h.mute(d.From.Port())
}

func (h *hail) mute(port uint16) {
	if len(h.muted) < sys.MaxMuted {
		h.muted[port] = struct{}{}
	}
}

// relent lets everybody be heard: at once, or where others have asked, after a penalty, which does not end while they hail.
func (h *hail) relent() {
	if !h.others {
		h.penalty = 0
		h.unmute()
		return
	}
	h.punish()
}

// stillLoud is how many samples of a penalty tell that it is still hailing.
const stillLoud = 4

func (h *hail) punish() {
	h.samples, h.penalty = 0, min(max(2*h.penalty, shortestPenalty), longestPenalty)
	h.until = time.AfterFunc(h.penalty, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.samples >= stillLoud {
			h.punish()
			return
		}
		h.unmute()
	})
}

func (h *hail) unmute() {
	h.muted, h.loud, h.until = nil, nil, nil
	_ = h.stub.Mute(nil) // it may be closed
}
