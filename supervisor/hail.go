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
	more    bool // the kernel gave as many as it does at once
	answers int  // since it was asked

	mu      sync.Mutex
	muted   map[uint16]struct{} // ports
	loud    map[int]struct{}    // their threads
	others  bool                // have asked since
	samples int                 // of theirs, since a penalty began
	penalty time.Duration       // the last one
	until   *time.Timer         // the end of a penalty; nil: there is none
}

// receive waits for a datagram; others that come with it have their place in the backlog. There may be none without an error. Its data lie where they
// are until the kernel is asked again.
func (h *hail) receive() (d sys.Datagram, ok bool, err error) {
	ds, err := h.stub.Receive()
	if len(ds) == 0 {
		return d, false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers, h.more = 0, len(ds) == h.stub.AtOnce()
	h.takeAll(ds[1:])
	return ds[0], true, nil
}

// gather is told of an answer, and takes what the kernel has: where it may have more than it gave last, and while some wait, after as many answers
// as it gives datagrams at once.
func (h *hail) gather() {
	h.answers++
	if !h.more && (h.total == 0 || h.answers < h.stub.AtOnce()) {
		return
	}
	const most = 256
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = 0
	for n := 0; n < most; n += h.stub.AtOnce() {
		ds, err := h.stub.ReceiveNow()
		h.takeAll(ds)
		if h.more = err == nil && len(ds) == h.stub.AtOnce(); !h.more {
			break // there is none, or the next Receive says what is wrong
		}
	}
	if len(h.muted) > 0 && h.until == nil && h.total <= backlogFew/4 {
		h.relent()
	}
}

// takeAll gives datagrams their places, and mutes whose have none.
func (h *hail) takeAll(ds []sys.Datagram) {
	muted, loud := len(h.muted), len(h.loud)
	for _, d := range ds {
		h.take(d)
	}
	if len(h.loud) > loud {
		h.clients.each(func(port uint16, tid int) {
			if _, ok := h.loud[tid]; ok {
				h.mute(port)
			}
		})
	}
	if len(h.muted) > muted {
		_ = h.stub.Mute(slices.Sorted(maps.Keys(h.muted))) // its queue is full without it
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
