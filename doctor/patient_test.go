package doctor

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// patientArg makes the test binary examine itself: what follows are files to write "0" to first. It prints JSON.
const patientArg = "doctor-test-patient"

func patient() {
	for _, name := range os.Args[2:] {
		if err := os.WriteFile(name, []byte("0"), 0); err != nil {
			panic(err)
		}
	}
	if err := WriteJSON(os.Stdout, Examine(context.Background())); err != nil {
		panic(err)
	}
}

// examined runs the test binary as a patient.
func examined(t *testing.T, attr *syscall.SysProcAttr, args ...string) jsonReport {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", append([]string{patientArg}, args...)...)
	cmd.SysProcAttr, cmd.Dir, cmd.Stderr = attr, "/", os.Stderr
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // the race detector waits a second else
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, out)
}

func decoded(t *testing.T, text []byte) jsonReport {
	t.Helper()
	var report jsonReport
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return report
}

func (r jsonReport) named(t *testing.T, name string) jsonFinding {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(f jsonFinding) bool { return f.Check == name })
	if i < 0 {
		t.Fatalf("no check %q in %v", name, r.Checks)
	}
	return r.Checks[i]
}

// userNamespace gives the patient a user namespace in which it is root, and whose limits are its own.
func userNamespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
}

func TestARunWorksHere(t *testing.T) {
	people := map[string]*syscall.SysProcAttr{"ourselves": nil, "root of a user namespace": userNamespace()}
	if os.Geteuid() == 0 {
		people["an ordinary user"] = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 54321, Gid: 54321}}
	}
	for name, attr := range people {
		t.Run(name, func(t *testing.T) {
			r := examined(t, attr)
			if f := r.named(t, launchCheck); !r.OK || f.Status != "ok" {
				t.Errorf("ok %v, launch %+v", r.OK, f)
			}
		})
	}
}

func TestLimitsOfNamespacesAreSeenAndFelt(t *testing.T) {
	for _, c := range []struct{ file, check, stage, errno, advice string }{
		{"/proc/sys/user/max_user_namespaces", "user namespaces", "make a user namespace", "no space left on device", "user.max_user_namespaces"},
		{"/proc/sys/user/max_net_namespaces", "network namespaces", "make a network namespace", "no space left on device", "user.max_net_namespaces"},
	} {
		t.Run(c.check, func(t *testing.T) {
			r := examined(t, userNamespace(), c.file)
			seen, felt := r.named(t, c.check), r.named(t, launchCheck)
			if r.OK || seen.Status != "failure" || !strings.HasSuffix(seen.Found, "= 0") || !strings.Contains(seen.Advice, "sysctl") {
				t.Errorf("ok %v, %+v", r.OK, seen)
			}
			if felt.Status != "failure" || felt.Found != c.stage+": "+c.errno || !strings.Contains(felt.Advice, c.advice) {
				t.Errorf("%+v", felt)
			}
		})
	}
}

// socketFilter is a filter with a listener that catches a call nobody makes here.
func socketFilter() []byte {
	filter := trialFilter()
	binary.NativeEndian.PutUint32(filter[12:], unix.SYS_SWAPOFF)
	return filter
}

func TestAnotherListenerIsTold(t *testing.T) {
	config := sys.Config{Filter: socketFilter(), SeccompFlags: sys.FilterFlags()}
	if err := supervisor.MapIDs(&config); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETFD, 0); err != nil { // for the patient's standard output
		t.Fatal(err)
	}
	// The shell inherits the pipe under its own number.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"sh", "-c", `GORACE=atexit_sleep_ms=0 exec "$0" "$1" >/proc/self/fd/` + itoa(int(w.Fd())), self, patientArg}
	tree, sockets, err := sys.Launch(args, func() (sys.Config, error) { return config, nil })
	if err != nil {
		t.Fatal(err)
	}
	defer sockets.Close()
	defer tree.Close()
	listener, err := tree.Load()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := errors.Join(tree.Exec(), w.Close()); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	report := decoded(t, text)
	f := report.named(t, launchCheck)
	if report.OK || f.Found != "load the seccomp filter: device or resource busy" || !strings.Contains(f.Advice, "outside of it") {
		t.Errorf("ok %v, launch %+v", report.OK, f)
	}
	if f := report.named(t, "seccomp filters here"); f.Found != "1" {
		t.Errorf("filters: %+v", f)
	}
}
