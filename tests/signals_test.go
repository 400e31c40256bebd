package tests

import (
	"fmt"
	"slices"
	"testing"
)

// hammered is how the calls of the client hammer ended.
type hammered struct{ succeeded, interrupted, unanswered, twice, stray, ticks int }

func hammer(t *testing.T, got result) (h hammered) {
	t.Helper()
	if _, err := fmt.Sscanf(got.stdout, "succeeded %d interrupted %d unanswered %d twice %d stray %d ticks %d",
		&h.succeeded, &h.interrupted, &h.unanswered, &h.twice, &h.stray, &h.ticks); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return h
}

// often is how many microseconds are between the hammer's signals; on a slow machine, a call would never get to its end.
func often() string {
	if testing.Short() {
		return "3000"
	}
	return "300"
}

// A call that signals interrupt and restart is answered once, and one that fails with EINTR is not answered. On a
// kernel that takes a call back after its count was accepted (before 5.19), a few of a thousand are.
func TestCallsUnderSignals(t *testing.T) {
	hammerCalls, every, taken := scaled(1500, 1, 10), often(), 15
	o := newOutside(t)
	command := under(program("hammer"))
	for name, c := range map[string]struct {
		wrapper []string
		calls   []string
		taken   int // how many calls the kernel may take back
	}{
		"as this kernel does": {nil, []string{"sendto", "sendmsg", "sendmmsg", "send", "tcp"}, map[bool]int{true: taken}[mayTakeBack()]},
		"as before 5.19":      {masking("wait_killable"), []string{"sendto", "sendmmsg", "tcp"}, taken},
	} {
		if c.wrapper != nil && mayTakeBack() {
			continue // the kernel is one of those
		}
		for _, call := range c.calls {
			for _, handler := range []string{"restart", "interrupt"} {
				t.Run(name+"/"+call+"/"+handler, func(t *testing.T) {
					args := slices.Concat(c.wrapper, command, []string{call, handler, every, fmt.Sprint(hammerCalls), "8.8.8.8"})
					h := hammer(t, finish(t, o.enter(args...)))
					if h.unanswered != 0 || h.twice+h.stray > c.taken || h.ticks < hammerCalls/10 {
						t.Errorf("%+v", h)
					}
					if may := handler == "interrupt" && call != "send"; h.interrupted != 0 && !may || h.interrupted == 0 && may && !testing.Short() {
						t.Errorf("signals did not do what this test is about: %+v", h)
					}
				})
			}
		}
	}
}
