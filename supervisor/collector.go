package supervisor

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// A heap that grows by half before it is collected takes a fourth less than one that doubles, and twice as much of the processor for
// what lives in it: next to nothing of what is usual, which is why a small heap doubles. It is no more than twice, however much a tree has
// us keep.
const (
	largeHeap   = 16 << 20 // bytes alive
	smallGrowth = 50       // percent, of a large heap
	growth      = 100      // Go's own
	leastHeap   = 4 << 20  // bytes that Go lets a heap have before its first collection, by that growth
)

// MakeRoom is called before the first rules are read, when bytes of the heap are about to be filled: they are on huge pages, and collected no sooner than
// they have been filled, since most of them stay.
func MakeRoom(bytes int) {
	if bytes < leastHeap {
		return
	}
	sys.FillHeap(bytes)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth + growth*bytes/leastHeap)
	}
}

// watchHeap has the collector let a large heap grow less, from its next run on. The user's GOGC outweighs it.
func watchHeap() {
	if os.Getenv("GOGC") == "" {
		new(heap).watch()
	}
}

// heap is how far it may grow, in percent of what is alive; 0 is what MakeRoom said, or Go's own.
type heap struct{ growth int }

// watch looks at it after each run of the collector, which is what lets the sentinel go.
func (h *heap) watch() {
	sentinel := &struct{ *heap }{h} // without a pointer it would share a block with others, and their lives
	runtime.AddCleanup(sentinel, func(h *heap) {
		if want := growthOf(alive(), h.growth); want != h.growth {
			h.growth = want
			debug.SetGCPercent(want)
		}
		h.watch()
	}, h)
}

// growthOf is how far a heap may grow that has so many bytes alive. One about as large as where that changes keeps what it has: each change
// stops everything for a moment.
func growthOf(alive uint64, now int) int {
	if alive >= largeHeap || now == smallGrowth && alive >= largeHeap/4*3 {
		return smallGrowth
	}
	return growth
}

// alive is how many bytes of the heap the collector found in use when it ran last.
func alive() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
