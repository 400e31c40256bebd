package sys

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// threadWith runs a thread, with a descriptor table of its own or not, that has a descriptor; f gets both numbers.
func threadWith(t *testing.T, own bool, f func(tid, fd int)) {
	t.Helper()
	type made struct {
		tid, fd int
		err     error
	}
	ready, done, gone := make(chan made), make(chan struct{}), make(chan struct{})
	go aside(func() {
		defer close(gone)
		m := made{tid: unix.Gettid()}
		if own {
			m.err = unix.Unshare(unix.CLONE_FILES)
		}
		m.fd, _ = unix.Eventfd(0, unix.EFD_CLOEXEC)
		ready <- m
		<-done
		_ = unix.Close(m.fd)
	})
	m := <-ready
	if m.err != nil {
		t.Fatal(m.err)
	}
	f(m.tid, m.fd)
	close(done)
	<-gone
}

// A thread that shares its process's table is told from one that does not, or taken for one that does not.
func TestTakeDescriptor(t *testing.T) {
	for _, c := range []struct {
		mask string
		own  bool
		want error
	}{
		{"", false, nil},
		{"", true, nil},
		{"pidfd_thread", false, nil},
		{"pidfd_thread", true, ErrOwnTable},
		{"pidfd_thread,kcmp", false, ErrOwnTable},
		{"pidfd_thread,kcmp", true, ErrOwnTable},
		{"pidfd_getfd", false, ErrNotSupported},
	} {
		masked(t, c.mask)
		threadWith(t, c.own, func(tid, fd int) {
			got, err := TakeDescriptor(tid, fd)
			if !errors.Is(err, c.want) || (err == nil) != (got >= 0) {
				t.Errorf("masked %q, a table of its own %v: %d, %v", c.mask, c.own, got, err)
			}
			_ = unix.Close(got)
		})
	}
}
