package supervisor

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestGrowthOf(t *testing.T) {
	for _, c := range []struct {
		alive     uint64
		now, want int
	}{
		{0, growth, growth},
		{largeHeap - 1, 0, growth},
		{largeHeap - 1, growth, growth},
		{largeHeap, growth, smallGrowth},
		{largeHeap, smallGrowth, smallGrowth},
		{largeHeap - 1, smallGrowth, smallGrowth},
		{largeHeap / 4 * 3, smallGrowth, smallGrowth},
		{largeHeap/4*3 - 1, smallGrowth, growth},
		{1 << 40, growth, smallGrowth},
	} {
		if got := growthOf(c.alive, c.now); got != c.want {
			t.Errorf("%d bytes, which grew by %d %%, grow by %d, want %d", c.alive, c.now, got, c.want)
		}
	}
}

// TestHeapIsWatched: a heap that becomes large grows less from then on, and one that becomes small again as before.
func TestHeapIsWatched(t *testing.T) {
	before := debug.SetGCPercent(growth)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	(&heap{growth: growth}).watch()
	base := alive()
	large := make([]byte, largeHeap)
	grows := func(want uint64) {
		t.Helper()
		sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		for began := time.Now(); ; runtime.GC() {
			if metrics.Read(sample); sample[0].Value.Uint64() == want {
				return
			}
			if time.Since(began) > 10*time.Second {
				t.Fatalf("with %d bytes alive the heap grows by %d %%, not %d", alive(), sample[0].Value.Uint64(), want)
			}
		}
	}
	grows(smallGrowth)
	runtime.KeepAlive(large) // and let go of
	if base < largeHeap/2 {  // of other tests
		grows(growth)
	}
}

// TestMakeRoom: what is about to be filled is not collected before, and the heap grows as always afterwards.
func TestMakeRoom(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(growth)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for bytes, want := range map[int]int{leastHeap - 1: growth, 3 * leastHeap: 4 * growth} {
		MakeRoom(bytes)
		if got := debug.SetGCPercent(growth); got != want {
			t.Errorf("for %d bytes the heap grows by %d %%, want %d", bytes, got, want)
		}
	}
}
