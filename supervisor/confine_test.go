package supervisor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// prisonerArg makes the test binary confine itself as a run does, and then try what the next argument names.
const prisonerArg = "supervisor-test-prisoner"

// escape is something that a confined process tries, and what it gets for it.
type escape struct {
	name string
	try  func(dir string) error
	want error // nil: it works
}

func closing(fd int, err error) error {
	if err == nil {
		err = unix.Close(fd)
	}
	return err
}

func opened(path string, flags int) error { return closing(unix.Open(path, flags, 0o600)) }

// escapes are tried one after another.
func escapes() []escape {
	var all []escape
	refuse := func(name string, try func(dir string) error) { all = append(all, escape{name, try, unix.EPERM}) }
	for _, family := range []int{unix.AF_PACKET, unix.AF_VSOCK, unix.AF_ALG, unix.AF_KEY, unix.AF_TIPC, unix.AF_BLUETOOTH} {
		refuse(fmt.Sprintf("a socket of family %d", family), func(string) error { return closing(unix.Socket(family, unix.SOCK_DGRAM, 0)) })
	}
	refuse("make a file", func(dir string) error { return opened(dir+"/new", unix.O_WRONLY|unix.O_CREAT) })
	refuse("empty a file", func(dir string) error { return opened(dir+"/file", unix.O_WRONLY|unix.O_TRUNC) })
	refuse("delete a file", func(dir string) error { return unix.Unlink(dir + "/file") })
	refuse("rename a file", func(dir string) error { return unix.Rename(dir+"/file", dir+"/other") })
	refuse("link a file", func(dir string) error { return unix.Link(dir+"/file", dir+"/other") })
	refuse("make a symbolic link", func(dir string) error { return unix.Symlink("file", dir+"/other") })
	refuse("make a directory", func(dir string) error { return unix.Mkdir(dir+"/new", 0o700) })
	refuse("change a mode", func(dir string) error { return unix.Chmod(dir+"/file", 0o4755) })
	refuse("change an owner", func(dir string) error { return unix.Chown(dir+"/file", 0, 0) })
	refuse("mount", func(dir string) error { return unix.Mount(dir, dir, "", unix.MS_BIND, "") })
	refuse("chroot", unix.Chroot)
	refuse("make a namespace", func(string) error { return unix.Unshare(unix.CLONE_NEWUSER) })
	refuse("enter a namespace", func(string) error { return unix.Setns(0, 0) })
	refuse("become somebody else", func(string) error { return unix.Setresuid(1, 1, 1) })
	refuse("make a file in memory", func(string) error { return closing(unix.MemfdCreate("x", 0)) })
	refuse("a page of code", func(string) error {
		_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
		return err
	})
	refuse("read a keyring", func(string) error {
		_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
		return err
	})
	refuse("raise core dumps", func(string) error {
		return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1, Max: 1})
	})
	refuse("an interface's address", func(string) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		_, err = unix.IoctlGetInt(fd, unix.SIOCGIFADDR)
		return err
	})
	return all
}

// duties are what a run has to do all the same.
func duties() []escape {
	return []escape{
		{"read a file", func(dir string) error { _, err := os.ReadFile(dir + "/file"); return err }, nil},
		{"list a directory", func(dir string) error { _, err := os.ReadDir(dir); return err }, nil},
		{"look at ourselves", func(string) error { _, err := os.Readlink("/proc/self/exe"); return err }, nil},
		{"a descriptor of ours", func(string) error { return opened("/proc/self/fd/1", unix.O_PATH) }, nil},
		{"our user namespace", func(string) error { var st unix.Stat_t; return unix.Stat("/proc/self/ns/user", &st) }, nil},
		{"a file of the kernel's", func(string) error { _, err := os.ReadFile("/proc/self/status"); return err }, nil},
		{"threads", manyThreads, nil},
		{"collect garbage", func(string) error { runtime.GC(); return nil }, nil},
		{"speak to ourselves", speak, nil},
	}
}

// manyThreads has many threads wait in the kernel at once.
func manyThreads(string) error {
	var r, w [40]*os.File
	var wait sync.WaitGroup
	var errs, told [40]error
	for i := range r {
		var fds [2]int
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		r[i], w[i] = os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
		wait.Go(func() {
			var one [1]byte
			_, errs[i] = unix.Read(fds[0], one[:])
		})
	}
	for i := range w {
		_, err := w[i].Write([]byte{1})
		told[i] = err
	}
	wait.Wait()
	return errors.Join(append(errs[:], told[:]...)...)
}

func speak(string) error {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		if conn, err := server.Accept(); err == nil {
			_, _ = conn.Write([]byte("hello"))
			_ = conn.Close()
		}
	}()
	conn, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		return err
	}
	_, err = io.ReadAll(conn)
	return errors.Join(err, conn.Close(), server.Close())
}

// ends are what ends the process.
func ends() map[string]func() {
	return map[string]func(){
		"exec":          func() { _ = unix.Exec("/bin/true", []string{"true"}, nil) },
		"trace":         func() { _ = unix.PtraceAttach(os.Getppid()) },
		"write outside": func() { _, _ = unix.ProcessVMWritev(os.Getppid(), nil, nil, 0) },
		"load a module": func() { _ = unix.FinitModule(0, "", 0) },
		"use bpf":       func() { _, _, _ = unix.Syscall(unix.SYS_BPF, 0, 0, 0) },
	}
}

// serviceEscapes are what a forwarder tries. allowed is the directory of its socket and its policy, elsewhere is another.
func serviceEscapes(allowed, elsewhere string) []escape {
	all := []escape{
		{"read a policy", func(string) error { _, err := os.ReadFile(allowed + "/file"); return err }, nil},
		{"read what it became", func(string) error { _, err := os.ReadFile(allowed + "/link"); return err }, nil},
		{"read resolv.conf", func(string) error { _, err := os.ReadFile("/etc/resolv.conf"); return err }, nil},
		{"ask who it is", func(string) error { _, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", os.Getppid())); return err }, nil},
		{"speak", speakUnix, nil},
		{"write a file", func(string) error { return opened(allowed+"/file", unix.O_WRONLY) }, unix.EPERM},
		{"exit by a descriptor", func(string) error { return opened("/proc/self/fd/1", unix.O_WRONLY) }, unix.EPERM},
		{"look into another", func(string) error { _, err := unix.PidfdGetfd(0, 0, 0); return err }, unix.EPERM},
		{"remove the socket", func(string) error { return unix.Unlink(allowed + "/socket") }, nil},
	}
	if usable := sys.UsableLandlock(); usable.Files {
		all = append(all,
			escape{"read elsewhere", func(string) error { return opened(elsewhere+"/file", unix.O_RDONLY) }, unix.EACCES},
			escape{"list elsewhere", func(string) error { return opened(elsewhere, unix.O_RDONLY) }, unix.EACCES},
			escape{"remove elsewhere", func(string) error { return unix.Unlink(elsewhere + "/file") }, unix.EACCES},
			escape{"a program of another", func(string) error { _, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", os.Getppid())); return err }, unix.EACCES})
		if usable.Net {
			all = append(all, escape{"listen", speak, unix.EACCES})
		}
		if usable.Scope {
			all = append(all, escape{"signal another", func(string) error { return unix.Kill(os.Getppid(), 0) }, unix.EPERM})
		}
	}
	return all
}

// speakUnix connects to a socket that was there before.
func speakUnix(dir string) error {
	conn, err := net.Dial("unix", dir+"/socket")
	if err == nil {
		err = conn.Close()
	}
	return err
}

// service confines the process as a forwarder, and tries.
func service(allowed, elsewhere string) {
	listener, err := net.Listen("unix", allowed+"/socket")
	if err != nil {
		panic(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := ConfineService(Door{Path: allowed + "/socket"}, []string{allowed + "/file", allowed + "/link"}, nil); err != nil {
		panic(err)
	}
	for _, e := range serviceEscapes(allowed, elsewhere) {
		if err := e.try(allowed); !errors.Is(err, e.want) {
			fmt.Printf("%s: %v, want %v\n", e.name, err, e.want)
		}
	}
	fmt.Println("done")
}

func prisoner(args []string) {
	if args[0] == "service" {
		service(args[1], args[2])
		return
	}
	if args[0] == "rotating" {
		rotating(args[1], args[2], args[3])
		return
	}
	if err := among(args[0], (&Config{Unix: filter.UnixGuard}).confine); err != nil {
		fmt.Println(err)
		return
	}
	if end := ends()[args[0]]; end != nil {
		end()
		fmt.Println("still here")
		return
	}
	if slices.Contains([]string{"status", "restless"}, args[0]) {
		status()
		return
	}
	for _, e := range slices.Concat(escapes(), duties()) {
		if err := e.try(args[0]); !errors.Is(err, e.want) {
			fmt.Printf("%s: %v, want %v\n", e.name, err, e.want)
		}
	}
	if _, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{}); err == nil {
		fmt.Println("a process was started")
	}
	fmt.Println("done")
}

// status prints what every thread says of itself, and who owns our memory.
func status() {
	tasks, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(tasks) < 3 {
		panic(fmt.Sprint(tasks, err))
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			panic(err)
		}
		for line := range strings.Lines(string(text)) {
			for _, key := range []string{"CapPrm:", "CapEff:", "CapInh:", "CapAmb:", "NoNewPrivs:", "Seccomp:"} {
				if strings.HasPrefix(line, key) {
					fmt.Print(line)
				}
			}
		}
	}
	var memory unix.Stat_t
	if err := unix.Stat("/proc/self/mem", &memory); err != nil {
		panic(err)
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil {
		panic(err)
	}
	fmt.Println("memory of", memory.Uid, "core", core.Cur, core.Max)
}

// confined runs the test binary as a prisoner.
func confined(t *testing.T, attr *syscall.SysProcAttr, args ...string) (string, *os.ProcessState) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", append([]string{prisonerArg}, args...)...)
	cmd.SysProcAttr = attr
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState
}

// people are who runs it: root, an ordinary user, or both.
func people() map[string]*syscall.SysProcAttr {
	all := map[string]*syscall.SysProcAttr{"ourselves": nil}
	if os.Geteuid() == 0 {
		all["an ordinary user"] = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 54321, Gid: 54321}}
	}
	return all
}

func TestConfined(t *testing.T) {
	for name, attr := range people() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o666))
			must(t, os.Chmod(filepath.Dir(dir), 0o755))
			must(t, os.Chmod(dir, 0o777))
			if out, state := confined(t, attr, dir); out != "done\n" || !state.Success() {
				t.Errorf("%v:\n%s", state, out)
			}
		})
	}
}

// A forwarder reads its policy's files, where they lead to as well, and nothing else; as far as the kernel has Landlock.
func TestConfinedService(t *testing.T) {
	for name, attr := range people() {
		t.Run(name, func(t *testing.T) {
			allowed, behind, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
			for _, dir := range []string{allowed, behind, elsewhere} {
				must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o666))
				must(t, os.Chmod(dir, 0o777))
			}
			must(t, os.Chmod(filepath.Dir(allowed), 0o755))
			must(t, os.Symlink(filepath.Join(behind, "file"), filepath.Join(allowed, "link")))
			if out, state := confined(t, attr, "service", allowed, elsewhere); out != "done\n" || !state.Success() {
				t.Errorf("%v:\n%s", state, out)
			}
		})
	}
}

func TestConfinedEndsAtWhatNobodyDoes(t *testing.T) {
	for name := range ends() {
		out, state := confined(t, nil, name)
		if ended := state.Sys().(syscall.WaitStatus); !ended.Signaled() || ended.Signal() != unix.SIGSYS || ended.CoreDump() || out != "" {
			t.Errorf("%s: %v, %q", name, state, out)
		}
	}
}

// Every thread is confined, and nobody may look into it; root has but what it takes to read files.
func TestConfinedThreads(t *testing.T) {
	for name, attr := range people() {
		t.Run(name, func(t *testing.T) {
			out, state := confined(t, attr, "status")
			if !state.Success() {
				t.Fatalf("%v: %s", state, out)
			}
			root := attr == nil && os.Geteuid() == 0
			for line := range strings.Lines(out) {
				if !harmless(strings.TrimSpace(line), root) {
					t.Errorf("a thread has %s", line)
				}
			}
		})
	}
}

func harmless(line string, root bool) bool {
	switch key, value, _ := strings.Cut(line, ":\t"); key {
	case "CapInh", "CapAmb":
		return value == "0000000000000000"
	case "CapPrm", "CapEff":
		return value == "0000000000000000" || root && value == "0000000010000006" // overFiles
	case "NoNewPrivs":
		return value == "1"
	case "Seccomp":
		return value == "2"
	}
	return line == "memory of 0 core 0 0"
}
