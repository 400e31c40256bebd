package sys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// notifyConnect is a filter that catches connect and allows the rest.
func notifyConnect() []byte {
	var out []byte
	for _, i := range []struct {
		code   uint16
		jt, jf uint8
		k      uint32
	}{
		{unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, 0, 0, 0}, // seccomp_data.nr
		{unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, 0, 1, unix.SYS_CONNECT},
		{unix.BPF_RET | unix.BPF_K, 0, 0, unix.SECCOMP_RET_USER_NOTIF},
		{unix.BPF_RET | unix.BPF_K, 0, 0, unix.SECCOMP_RET_ALLOW},
	} {
		out = binary.NativeEndian.AppendUint16(out, i.code)
		out = append(out, i.jt, i.jf)
		out = binary.NativeEndian.AppendUint32(out, i.k)
	}
	return out
}

// plain is a launch with the caller's own ids.
func plain() Config {
	config := Config{Filter: notifyConnect(), SeccompFlags: FilterFlags(), NoSetgroups: true}
	config.UIDMap = fmt.Sprintf("%d %d 1\n", os.Geteuid(), os.Geteuid())
	config.GIDMap = fmt.Sprintf("%d %d 1\n", os.Getegid(), os.Getegid())
	return config
}

func start(t *testing.T, args ...string) (*Tree, *Listener) {
	t.Helper()
	config := plain()
	tree, sockets, err := Launch(args, func() (Config, error) { return config, nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(tree.Close(), sockets.Close()); err != nil {
			t.Error(err)
		}
	})
	listener, err := tree.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return tree, listener
}

// As many sockets as are asked for are of the command's network namespace, and end with the tree where nobody takes them.
func TestLaunchHandsStreamsOver(t *testing.T) {
	for _, count := range [][2]int{{1, 0}, {0, 1}, {3, 2}, {MaxStreams - 1, 1}} {
		config := plain()
		config.Streams4, config.Streams6 = count[0], count[1]
		tree, sockets, err := Launch([]string{"true"}, func() (Config, error) { return config, nil })
		if err != nil {
			t.Fatal(err)
		}
		inside, errno := NetworkCookie(int(sockets.TCP4.Fd()))
		if len(tree.Streams4) != count[0] || len(tree.Streams6) != count[1] || errno != 0 && errno != unix.ENOPROTOOPT {
			t.Errorf("%d and %d of %v, %v", len(tree.Streams4), len(tree.Streams6), count, errno)
		}
		for family, files := range map[int][]*os.File{unix.AF_INET: tree.Streams4, unix.AF_INET6: tree.Streams6} {
			for _, f := range files {
				cookie, _ := NetworkCookie(int(f.Fd()))
				domain, _ := Option(int(f.Fd()), unix.SOL_SOCKET, unix.SO_DOMAIN)
				protocol, _ := Option(int(f.Fd()), unix.SOL_SOCKET, unix.SO_PROTOCOL)
				if cookie != inside || domain != family || protocol != unix.IPPROTO_TCP {
					t.Errorf("namespace %d, not %d; family %d, not %d; protocol %d", cookie, inside, domain, family, protocol)
				}
			}
		}
		if err := errors.Join(tree.Close(), sockets.Close()); err != nil {
			t.Error(err)
		}
		for _, f := range slices.Concat(tree.Streams4, tree.Streams6) {
			if err := f.Close(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("still open: %v", err)
			}
		}
	}
	config := plain()
	config.Streams4 = MaxStreams + 1
	if tree, sockets, err := Launch([]string{"true"}, func() (Config, error) { return config, nil }); err == nil {
		t.Error("more than a message holds", tree.Close(), sockets.Close())
	}
}

// The kernel takes an id map of less than a page, whose size differs on arm64, and of 340 lines.
func TestEncodeBoundsTheIDMaps(t *testing.T) {
	for size, fits := range map[int]bool{0: true, 4095: true, os.Getpagesize() - 1: os.Getpagesize() <= 12288, 12287: os.Getpagesize() > 12287, 12288: false} {
		for name, config := range map[string]Config{"uid": {UIDMap: strings.Repeat("0", size)}, "gid": {GIDMap: strings.Repeat("0", size)}} {
			config.Filter = notifyConnect()
			if _, err := config.encode(); (err == nil) != fits {
				t.Errorf("%s map of %d bytes: %v", name, size, err)
			}
		}
	}
}

// commandOf waits for the command of the only keeper.
func commandOf(t *testing.T) int {
	t.Helper()
	keepers, err := children()
	if err != nil || len(keepers) != 1 {
		t.Fatalf("keepers %v: %v", keepers, err)
	}
	for {
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", keepers[0]))
		if err != nil {
			t.Fatal(err)
		}
		if fields := strings.Fields(string(list)); len(fields) > 0 {
			pid, err := strconv.Atoi(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
}

// A signal that came while the command was being started ends it once it has its own signal mask, and not by an error.
func TestLaunchReportsAnEarlyEnd(t *testing.T) {
	for name, stage := range map[string]string{"before the filter": "load", "before the exec": "exec"} {
		t.Run(name, func(t *testing.T) {
			tree, sockets, err := Launch([]string{"true"}, func() (Config, error) {
				if stage == "load" { // which it does without being told
					if err := unix.Kill(commandOf(t), unix.SIGTERM); err != nil {
						t.Fatal(err)
					}
				}
				return plain(), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := errors.Join(tree.Close(), sockets.Close()); err != nil {
					t.Error(err)
				}
			}()
			if stage == "load" {
				if _, err := tree.Load(); !errors.Is(err, ErrEnded) {
					t.Errorf("%v", err)
				}
			} else {
				listener, err := tree.Load()
				if err != nil {
					t.Fatal(err)
				}
				defer listener.Close()
				if err := unix.Kill(tree.PID, unix.SIGTERM); err != nil {
					t.Fatal(err)
				}
				if err := tree.Exec(); err != nil {
					t.Error(err)
				}
			}
			if event, err := tree.Next(); err != nil || !event.Exited || event.Status.Signal() != unix.SIGTERM {
				t.Errorf("%+v, %v", event, err)
			}
		})
	}
}

func TestLaunchReportsTheCommandsStatus(t *testing.T) {
	tree, listener := start(t, "sh", "-c", "exit 7")
	if err := tree.Exec(); err != nil {
		t.Fatal(err)
	}
	event, err := tree.Next()
	if err != nil || !event.Exited || event.Status.ExitStatus() != 7 {
		t.Fatalf("event %+v, error %v; want exit 7", event, err)
	}
	if _, err := tree.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last event: %v, want EOF", err)
	}
	if _, err := listener.Receive(); !errors.Is(err, ErrGone) {
		t.Fatalf("receive without targets: %v, want ErrGone", err)
	}
}

func TestLaunchReportsAFailedExec(t *testing.T) {
	tree, _ := start(t, "/nonexistent/command")
	err := tree.Exec()
	var stage *StageError
	if !errors.As(err, &stage) || stage.Stage != StageExec || !errors.Is(err, unix.ENOENT) {
		t.Fatalf("exec of what does not exist: %v", err)
	}
}

// receiveInet returns the first call to an internet address. A shell that lacks SHELL or HOME asks nscd for
// its user before that: it is told that there is none.
func receiveInet(listener *Listener) (n Notification, addr netip.AddrPort, err error) {
	for {
		if n, err = listener.Receive(); err != nil {
			return n, addr, err
		}
		raw := make([]byte, n.Args[2])
		if _, err = ReadMemory(n.TID, n.Args[1], raw); err != nil {
			return n, addr, err
		}
		if addr, ok := ParseInet(raw); ok {
			return n, addr, nil
		}
		if err = listener.Return(n.ID, 0, unix.ENOENT); err != nil {
			return n, addr, err
		}
	}
}

func TestListenerReturnsAnErrnoToTheTarget(t *testing.T) {
	tree, listener := start(t, "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9")
	if err := tree.Exec(); err != nil {
		t.Fatal(err)
	}
	n, addr, err := receiveInet(listener)
	if err != nil || n.Nr != unix.SYS_CONNECT {
		t.Fatalf("notification %+v, error %v", n, err)
	}
	if addr.String() != "127.0.0.1:9" {
		t.Fatalf("address %v", addr)
	}
	fd, err := TakeDescriptor(n.TID, int(n.Args[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if kind, errno := Option(fd, unix.SOL_SOCKET, unix.SO_TYPE); errno != 0 || kind != unix.SOCK_STREAM {
		t.Fatalf("socket type %d, %v", kind, errno)
	}
	if !listener.Valid(n.ID) || listener.Valid(n.ID+1) {
		t.Fatal("an id is not told from another")
	}
	if err := listener.Return(n.ID, 0, unix.EACCES); err != nil {
		t.Fatal(err)
	}
	if event, err := tree.Next(); err != nil || event.Status.ExitStatus() != 1 {
		t.Fatalf("event %+v, %v", event, err)
	}
}

// Linux 6.6 and later begin RECV anew after a signal whose handler has SA_RESTART.
func TestWakeEndsReceiveWhileTargetsLive(t *testing.T) {
	tree, listener := start(t, "sleep", "1000")
	if err := tree.Exec(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := listener.Receive()
		done <- err
	}()
	for !receiving(listener) {
		runtime.Gosched()
	}
	if err := listener.Wake(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrGone) {
		t.Fatalf("receive after wake: %v", err)
	}
}

// receiving says whether a thread waits in RECV.
func receiving(l *Listener) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for tid := range l.receivers {
		call, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
		if err == nil && strings.HasPrefix(string(call), fmt.Sprint(unix.SYS_IOCTL, " ")) {
			return true
		}
	}
	return false
}

func TestClosingTheTreeEndsDaemons(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETFD, 0); err != nil { // the tree holds it, to its last process
		t.Fatal(err)
	}
	tree, _ := start(t, "sh", "-c", "(setsid setsid sleep 1000 &) ; exec sleep 1000")
	if err := errors.Join(tree.Exec(), w.Close(), tree.End()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
}
