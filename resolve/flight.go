package resolve

import "sync"

// flight are the questions that are being asked upstream: whoever has the same question meanwhile waits for its answer, so that no name is
// guessed at with several ids at once. The zero value is ready.
type flight struct {
	mu   sync.Mutex
	asks map[stepKey]*asked
}

// asked is one of them.
type asked struct {
	done  chan struct{} // closed when there is an answer; what is below is for after that
	steps map[stepKey]step
	err   error
}

// join finds a question in flight, or begins it: first has to end it.
func (f *flight) join(key stepKey) (a *asked, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.asks[key]; a != nil {
		return a, false
	}
	if f.asks == nil {
		f.asks = map[stepKey]*asked{}
	}
	a = &asked{done: make(chan struct{})}
	f.asks[key] = a
	return a, true
}

// end gives all who joined their answer. Who asks from now on begins anew.
func (f *flight) end(key stepKey, a *asked) {
	f.mu.Lock()
	delete(f.asks, key)
	f.mu.Unlock()
	close(a.done)
}
