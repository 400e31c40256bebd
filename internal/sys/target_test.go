package sys

import (
	"errors"
	"os/exec"
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

// A pidfd that is kept serves its thread, gives way to that of another, and is not taken for one of a thread that got its number later.
func TestPidfdsAreKept(t *testing.T) {
	for _, mask := range []string{"", "pidfd_thread"} {
		masked(t, mask)
		var p pidfds
		take := func(tid, fd int, want error) {
			t.Helper()
			got, err := p.take(tid, fd)
			if !errors.Is(err, want) || (err == nil) != (got >= 0) {
				t.Errorf("masked %q: %d, %v, not %v", mask, got, err, want)
			}
			_ = unix.Close(got)
		}
		threadWith(t, false, func(tid, fd int) {
			take(tid, fd, nil)
			take(tid, fd, nil)
			take(tid, -1, unix.EBADF)
		})
		threadWith(t, false, func(_, fd int) {
			p.kept.keep(unix.Getpid(), pidfdOfEnded(t))
			take(unix.Getpid(), fd, nil)
			if id, _ := unpack(p.kept.of(unix.Getpid()).Load()); id != unix.Getpid() {
				t.Errorf("masked %q: a pidfd of %d is kept", mask, id)
			}
		})
		p.close()
	}
}

// A link that is kept tells its thread's network namespace, and is not taken for that of a thread that got its number later.
func TestNetworkLinks(t *testing.T) {
	here, err := IdentifyPath("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	var l NetworkLinks
	defer l.Close()
	tell := func(network FileID, want bool) {
		t.Helper()
		if got, err := l.Leads(unix.Getpid(), network); got != want || err != nil {
			t.Errorf("%v, %v, not %v", got, err, want)
		}
	}
	l.kept.keep(unix.Getpid(), linkOfEnded(t))
	tell(here, true)
	tell(here, true)
	tell(FileID{here.Dev, here.Ino / 10}, false)
	if _, err := l.Leads(-1, here); err == nil {
		t.Error("a thread that is not there is in a namespace")
	}
}

// linkOfEnded is the link of a process that has ended.
func linkOfEnded(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	link, err := openNetworkLink(cmd.Process.Pid)
	if err := errors.Join(err, in.Close(), cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	return link
}

// pidfdOfEnded stands for a process that has ended, as a pidfd does whose number may be another's.
func pidfdOfEnded(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pidfd, err := unix.PidfdOpen(cmd.Process.Pid, 0)
	if err := errors.Join(err, cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	return pidfd
}
