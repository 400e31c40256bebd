package supervisor

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestRelief: who is held up is replaced once, as many as spare wait while that is not long ago, and one alone later; and who comes when nobody looks any more is
// seen all the same.
func TestRelief(t *testing.T) {
	var waiting atomic.Int32
	hired := make(chan struct{}, 1)
	r := newRelief(&waiting, func() {
		waiting.Add(1)
		hired <- struct{}{}
	})
	served := make(chan struct{})
	go func() {
		defer close(served)
		r.serve()
	}()
	settle := func(what string, settled func() bool) {
		t.Helper()
		for began := time.Now(); !settled(); runtime.Gosched() {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("%s: %d wait, hurried %v", what, waiting.Load(), r.hurried.Load())
			}
		}
	}
	for range 3 {
		r.alone() // and it does not come back
		<-hired
		if !r.hurried.Load() {
			t.Error("one was held up, and nobody hurries")
		}
		for waiting.Load() < spare {
			if !r.wants() {
				t.Fatalf("%d are enough", waiting.Load())
			}
		}
		if r.wants() {
			t.Error("too many wait")
		}
		settle("calm", func() bool { return !r.hurried.Load() })
		if r.wants() {
			t.Error("more than one waits")
		}
		settle("nobody looks", func() bool { return !r.looks.Load() })
		waiting.Store(0)
	}
	r.rush()
	waiting.Store(0)
	r.alone() // replaced at once
	<-hired
	r.end()
	<-served
}
