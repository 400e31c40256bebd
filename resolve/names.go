package resolve

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/miekg/dns"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

// Names remember names that were read of late, so that one that is asked for again takes nothing of the heap. nil remembers none. Any number of goroutines may
// use it: who chooses names may have them forgotten, and no more.
type Names struct {
	seed  maphash.Seed
	slots [256]atomic.Pointer[spelling]
}

// NewNames makes one that remembers none.
func NewNames() *Names { return &Names{seed: maphash.MakeSeed()} }

// spelling is a name as a client wrote it.
type spelling struct {
	wire         string // uncompressed
	asked, lower string // in presentation form, with the trailing dot
}

// read reads an uncompressed name.
func (n *Names) read(wire []byte) (spelling, error) {
	var slot *atomic.Pointer[spelling]
	if n != nil {
		slot = &n.slots[maphash.Bytes(n.seed, wire)%uint64(len(n.slots))]
		if s := slot.Load(); s != nil && s.wire == string(wire) {
			return *s, nil
		}
	}
	asked, _, err := dns.UnpackDomainName(wire, 0)
	if err != nil {
		return spelling{}, err
	}
	s := spelling{wire: string(wire), asked: asked, lower: ascii.Lower(asked)}
	if slot != nil {
		slot.Store(&s)
	}
	return s, nil
}
