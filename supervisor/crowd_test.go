package supervisor

import (
	"os"
	"testing"
)

// A process whose calls hang gets no more than its share, and others still get in.
func TestCrowdIsFair(t *testing.T) {
	c := newCalls()
	var leave []func()
	for {
		l, ok := c.enter(os.Getpid())
		if !ok {
			break
		}
		if leave = append(leave, l); len(leave) >= c.all {
			t.Fatal("one process has everything")
		}
	}
	if len(leave) != c.few+c.each {
		t.Errorf("%d calls of one process", len(leave))
	}
	l, ok := c.enter(1)
	if !ok {
		t.Fatal("another process is kept out")
	}
	l()
	for _, l := range leave {
		l()
	}
	if c.total != 0 || len(c.of) != 0 {
		t.Errorf("%d calls are left, %v", c.total, c.of)
	}
}

func TestCrowdIsBounded(t *testing.T) {
	c := newCalls()
	c.total = c.all
	if _, ok := c.enter(os.Getpid()); ok {
		t.Error("no bound")
	}
}
