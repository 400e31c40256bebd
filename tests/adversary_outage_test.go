//go:build adversary

package tests

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The supervisor runs out of descriptors, in earnest, and gets them back.
func TestAdversaryOutOfDescriptors(t *testing.T) {
	for _, user := range users() {
		p := newPatient(t, user)
		p.start()
		open := descriptors(t, p.cmd.Process.Pid)
		var before unix.Rlimit
		must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
		for _, left := range []int{0, 1, 3} {
			p.limit(open + left)
			p.asked(wound(fmt.Sprint(left, " descriptors and no more")), func() { p.limit(int(before.Cur)) })
		}
		p.limit(0)
		if got := p.ask("none"); got.right() {
			t.Error("its limit hurts nobody")
		}
		p.limit(int(before.Cur))
		p.whole()
	}
}

// A supervisor that is stopped answers nobody, and nothing gets out meanwhile. Continued, it goes on.
func TestAdversaryStoppedSupervisor(t *testing.T) {
	for _, user := range users() {
		p := newPatient(t, user)
		p.start()
		before := len(p.o.captured())
		must(t, p.cmd.Process.Signal(unix.SIGSTOP))
		for !strings.Contains(statusOf(t, p.cmd.Process.Pid), "\nState:\tT") {
		}
		for range scaled(1, 2, 1) { // each for five seconds
			for way, outcome := range p.ask("stopped") {
				if outcome != "hang" && !strings.HasPrefix(outcome, "error ") {
					t.Errorf("while the supervisor is stopped: %s: %s", way, outcome)
				}
			}
		}
		for _, packet := range p.o.captured()[before:] {
			if strings.Contains(packet, "Flags [.], ack") && strings.HasSuffix(packet, "length 0") {
				continue // of what an upstream sent before; the kernel waits a while with it
			}
			t.Errorf("got out while the supervisor is stopped: %s", packet)
		}
		must(t, p.cmd.Process.Signal(unix.SIGCONT))
		if got := p.ask("continued"); !got.right() {
			t.Errorf("continued: %v", got)
		}
		p.whole()
	}
}

func statusOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	return string(text)
}

// controlGroup makes a group of a controller, with values for files of its own, or says that the machine has none to give.
func controlGroup(t *testing.T, controller string, values map[string]string) (path string, ok bool) {
	t.Helper()
	root := "/sys/fs/cgroup"
	if text, err := os.ReadFile(root + "/cgroup.subtree_control"); err == nil {
		if !strings.Contains(string(text), controller) {
			return "", false
		}
	} else if root += "/" + controller; unix.Access(root, unix.W_OK) != nil {
		return "", false
	}
	path, err := os.MkdirTemp(root, "dnsvisor-") //nolint:usetesting // it is no directory of files
	if err != nil {
		return "", false
	}
	t.Cleanup(func() { _ = unix.Rmdir(path) })
	for name, value := range values {
		if err := os.WriteFile(filepath.Join(path, name), []byte(value), 0); err != nil && !os.IsPermission(err) { // a file of the other version
			t.Fatal(err)
		}
	}
	return path, true
}

func join(t *testing.T, group string, pid int) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0))
}

// A supervisor that the kernel kills for want of memory ends its tree.
func TestAdversaryOutOfMemory(t *testing.T) {
	for _, user := range users() {
		p := newPatient(t, user)
		group, ok := controlGroup(t, "memory", map[string]string{"memory.limit_in_bytes": "256K", "memory.max": "256K"})
		if !ok {
			t.Skip("no memory controller that a group can be made of")
		}
		p.start()
		join(t, group, p.cmd.Process.Pid)
		for range 100 {
			if got := p.ask("out of memory"); got == nil {
				break
			} else if bad := got.bad(); len(bad) > 0 {
				t.Errorf("short of memory: %v", bad)
			}
		}
		p.ended("no memory")
		if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != unix.SIGKILL {
			t.Errorf("it ended by %v", p.cmd.ProcessState)
		}
		p.start()
		p.whole()
	}
}

// The system's resolv.conf goes and comes back while questions are asked.
func TestAdversaryResolvConfGone(t *testing.T) {
	for _, user := range users() {
		if user == 0 {
			continue // who may write the file is held to what it said at the start
		}
		p := newPatient(t, user)
		p.upstream = "system"
		const own = `mkdir etc && cp -a /etc/nsswitch.conf /etc/passwd /etc/ld.so.cache /etc/localtime etc/ && echo nameserver 127.0.0.1 >etc/resolv.conf && mount --bind etc /etc && chmod 755 /etc && exec "$@"`
		p.around = []string{"unshare", "--mount", "sh", "-c", own, "sh"}
		p.start()
		file := p.o.path("etc/resolv.conf")
		for range scaled(2, 5, 1) {
			must(t, os.Rename(file, file+".away"))
			if got := p.ask("without resolv.conf"); got["caught"] != "error 2" || len(got.bad()) > 0 {
				t.Errorf("without resolv.conf: %v", got)
			}
			must(t, os.Rename(file+".away", file))
			if got := p.ask("with resolv.conf"); !got.right() {
				t.Errorf("with it once more: %v", got)
			}
		}
		// What cannot be read at the moment is read again, though it has not changed since.
		must(t, os.WriteFile(file, []byte("# changed\nnameserver 127.0.0.1\n"), 0o644))
		var before unix.Rlimit
		must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
		p.limit(0)
		if got := p.ask("a resolv.conf that cannot be opened"); got.right() {
			t.Errorf("its limit hurts nobody: %v", got)
		}
		p.limit(int(before.Cur))
		if got := p.ask("and that can"); !got.right() {
			t.Errorf("with descriptors: %v", got)
		}
		p.whole()
	}
}

// An upstream comes and goes. Whoever asks meanwhile gets an error in time, and the right answer once it is there.
func TestAdversaryFlappingUpstream(t *testing.T) {
	for _, user := range users() {
		p := newPatient(t, user)
		p.upstream = "udp://127.0.0.2"
		config, err := os.ReadFile(p.o.path("unbound.conf"))
		must(t, err)
		must(t, os.WriteFile(p.o.path("flapping.conf"), bytes.ReplaceAll(config, []byte("interface: 127.0.0.1"), []byte("interface: 127.0.0.2")), 0o600))
		var unbound *exec.Cmd
		begin := func() {
			unbound = p.o.enter("sh", "-c", "exec unbound -d -c flapping.conf 2>&1")
			await(t, startLines(t, unbound), "start of service")
		}
		begin()
		p.start()
		for range scaled(3, 10, 1) {
			must(t, unbound.Process.Kill())
			_ = unbound.Wait()
			p.asked("an upstream that is gone", begin)
		}
		p.whole()
	}
}
