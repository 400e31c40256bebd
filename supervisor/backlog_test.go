package supervisor

import (
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// Whoever sends without end has no more waiting than it may, and everybody else's turn comes next.
func TestBacklogIsFair(t *testing.T) {
	var b backlog
	data := []byte{0}
	for range 2 * backlogFew {
		b.push(1, sys.Datagram{Data: data})
	}
	b.push(2, sys.Datagram{Data: data, Index: 20})
	b.push(2, sys.Datagram{Data: data, Index: 21})
	if b.total != backlogFew+2 {
		t.Errorf("%d wait", b.total)
	}
	data[0] = 1
	for i, want := range []int{0, 20, 0, 21, 0, 0} {
		if d, ok := b.pop(); !ok || d.Index != want || d.Data[0] != 0 {
			t.Errorf("%d: %+v, %v", i, d, ok)
		}
	}
	for {
		if _, ok := b.pop(); !ok {
			break
		}
	}
	if b.total != 0 || b.bytes != 0 || len(b.of) != 0 {
		t.Errorf("left: %+v", b)
	}
}

// There is room for a thread that has none waiting when the others have taken all, and for no more than that.
func TestBacklogIsBounded(t *testing.T) {
	var b backlog
	large := make([]byte, 60000)
	for tid := range 100_000 {
		b.push(tid, sys.Datagram{Data: large[:1+tid%len(large)]})
		b.push(tid, sys.Datagram{Data: large})
	}
	if b.bytes > 2*backlogBytes+len(large) || b.total > 2*backlogAll {
		t.Errorf("%d datagrams wait, of %d bytes", b.total, b.bytes)
	}
	b = backlog{}
	for tid := range backlogAll / backlogEach {
		for range backlogEach {
			b.push(tid, sys.Datagram{})
		}
	}
	if !b.push(1<<20, sys.Datagram{Index: 7}) || b.push(1<<20, sys.Datagram{}) {
		t.Error("not one of it is taken")
	}
	if len(b.of[1<<20]) != 1 || b.of[1<<20][0].Index != 7 {
		t.Errorf("the last has %v waiting", b.of[1<<20])
	}
}
