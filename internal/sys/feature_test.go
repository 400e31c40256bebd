package sys

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// masked masks features for the rest of a test.
func masked(t *testing.T, names ...string) {
	t.Helper()
	if err := Mask(strings.Join(names, ",")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Mask("") })
}

func TestTheTableIsWhole(t *testing.T) {
	name, since := regexp.MustCompile(`^[a-z][a-z0-9_]{2,19}$`), regexp.MustCompile(`^([3-9]\.\d+)?$`)
	seen := map[string]bool{}
	for f := range features {
		r := f.row()
		if seen[r.Name] || !name.MatchString(r.Name) || !since.MatchString(r.Since) || r.Use == "" || r.Fallback == "" {
			t.Errorf("%+v", r.Feature)
		}
		seen[r.Name] = true
		if (r.try == nil) == (r.tryListener == nil) || len(r.lacks) == 0 {
			t.Errorf("%s: it takes one way of asking, and answers that mean no", r.Name)
		}
		if r.Required != strings.HasPrefix(r.Fallback, "the run ends") || r.Required && r.Lost == "" {
			t.Errorf("%s: required %v, lost %q, fallback %q", r.Name, r.Required, r.Lost, r.Fallback)
		}
	}
}

// A kernel that is new enough has a feature, unless a seccomp profile refuses it.
func TestProbes(t *testing.T) {
	masked(t) // nothing, and nothing is known
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(uts.Release[:]), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	for _, f := range Features() {
		var since, patch int
		_, _ = fmt.Sscanf(f.Since, "%d.%d", &since, &patch)
		for range 2 { // the second time from memory
			presence, err := f.Probe()
			due := major > since || major == since && minor >= patch
			if presence == CannotTell || presence == Masked || due && presence == Missing && !errors.Is(err, unix.EPERM) || (err == nil) != (presence == There) {
				t.Errorf("%s (since %s): %v, %v on Linux %d.%d", f.Name, f.Since, presence, err, major, minor)
			}
		}
	}
}

// Only knowledge is remembered.
func TestWhatCannotBeToldIsAskedAgain(t *testing.T) {
	masked(t)
	for _, c := range []struct {
		err  error
		want Presence
		kept Presence
	}{{unix.EMFILE, CannotTell, CannotTell}, {unix.ENOSYS, Missing, Missing}, {nil, There, Missing}} {
		got, err := kcmpFiles.judge(c.err)
		if got != c.want || !errors.Is(err, c.err) || kcmpFiles.presence() != c.kept {
			t.Errorf("%v: %v, %v; %v is remembered", c.err, got, err, kcmpFiles.presence())
		}
	}
	if p, err := kcmpFiles.probe(); p != Missing || err == nil {
		t.Errorf("what was told is not remembered: %v, %v", p, err)
	}
}

func TestMask(t *testing.T) {
	masked(t, "pidfd_open", " kcmp", "")
	err := require()
	if lacks, ok := errors.AsType[*FeatureError](err); !ok || lacks.Name != "pidfd_open" || lacks.Since != "5.10" || !errors.Is(err, ErrNotSupported) || !errors.Is(err, ErrMasked) {
		t.Errorf("%v", err)
	}
	for _, f := range Features() {
		presence, err := f.Probe()
		if want := f.Name == "pidfd_open" || f.Name == "kcmp"; (presence == Masked) != want || errors.Is(err, ErrMasked) != want {
			t.Errorf("%s: %v, %v", f.Name, presence, err)
		}
	}
	err = Mask("kcmp,nonesuch")
	if err == nil || !strings.Contains(err.Error(), `"nonesuch"`) || !strings.Contains(err.Error(), "wait_killable, ") || !pidfdOpen.masked() {
		t.Errorf("%v, masked %v", err, pidfdOpen.masked())
	}
	masked(t, "ipv6")
	if err := require(); err != nil || pidfdOpen.masked() || !ipv6.masked() {
		t.Errorf("not replaced: %v", err)
	}
}

func TestFeatureErrorSaysSince(t *testing.T) {
	err := &FeatureError{Name: "x", Since: "6.9", Err: unix.ENOSYS}
	if got := err.Error(); got != "x: function not implemented (Linux 6.9 or newer has it)" || !errors.Is(err, unix.ENOSYS) {
		t.Error(got)
	}
}

func TestNothingStartsWithoutWhatIsRequired(t *testing.T) {
	for _, f := range Features() {
		if !f.Required {
			continue
		}
		masked(t, f.Name)
		config := func() (Config, error) { return plain(), nil }
		_, _, err := Launch([]string{"true"}, config)
		_, herr := LaunchHere([]string{"true"}, config)
		if !errors.Is(err, ErrNotSupported) || !errors.Is(herr, ErrNotSupported) {
			t.Errorf("%s: %v, %v", f.Name, err, herr)
		}
	}
}

// A call is caught, looked at and answered without each feature that can be done without, and without all.
func TestLaunchWithout(t *testing.T) {
	var names []string
	for _, f := range Features() {
		if !f.Required {
			names = append(names, f.Name)
		}
	}
	plainly := 0 // how many descriptors the command has else
	for _, mask := range slices.Concat([]string{""}, names, []string{strings.Join(names, ",")}) {
		t.Run(mask, func(t *testing.T) {
			masked(t, mask)
			tree, listener := start(t, "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9")
			if err := tree.Exec(); err != nil {
				t.Fatal(err)
			}
			n, addr, err := receiveInet(listener)
			if err != nil || addr.String() != "127.0.0.1:9" || !listener.Valid(n.ID) {
				t.Fatalf("notification %+v of %v, error %v", n, addr, err)
			}
			fd, err := TakeDescriptor(n.TID, int(n.Args[0]))
			if pidfdGetfd.masked() != errors.Is(err, ErrNotSupported) || !pidfdGetfd.masked() && err != nil {
				t.Errorf("its socket: %v", err)
			}
			_ = unix.Close(fd)
			open := descriptors(t, tree.PID)
			if mask == "" {
				plainly = open
			}
			if open != plainly {
				t.Errorf("the command has %d descriptors, not %d", open, plainly)
			}
			if children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", tree.PID)); err != nil || len(children) > 0 {
				t.Errorf("the command was left children %q, %v", children, err)
			}
			if err := listener.Return(n.ID, 0, unix.EACCES); err != nil {
				t.Fatal(err)
			}
			if event, err := tree.Next(); err != nil || event.Status.ExitStatus() != 1 {
				t.Fatalf("event %+v, %v", event, err)
			}
		})
	}
}

func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// The keeper lets go of what it inherited: of a pipe, too, whose end somebody waits for.
func TestTheKeeperLetsGo(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	for _, mask := range []string{"", "close_range"} {
		masked(t, mask)
		tree, _ := start(t, "sleep", "1000")
		if err := tree.Exec(); err != nil {
			t.Fatal(err)
		}
		if err := tree.Signal(unix.SIGSTOP, 0); err != nil { // it has closed all before it hears us
			t.Fatal(err)
		}
		if event, err := tree.Next(); err != nil || event.Stopped == 0 {
			t.Fatal(event, err)
		}
		if n := descriptors(t, tree.keeper); n != 3 { // to the supervisor, of its children, of signals
			t.Errorf("masked %q: it keeps %d", mask, n)
		}
	}
}

// A kernel newer than all has longer structures, and flags that mean nothing to us.
func TestLongerNotifications(t *testing.T) {
	today, err := kernelSizes()
	if err != nil {
		t.Fatal(err)
	}
	if got := (callSizes{notif: 200, resp: 64}).used(); got.notif != 200 || got.resp != 64 {
		t.Errorf("of a kernel newer than all: %+v", got)
	}
	if got := (callSizes{}).used(); got.notif != 80 || got.resp != 24 {
		t.Errorf("of a kernel that says less than we know: %+v", got)
	}
	masked(t, "notif_sizes")
	sizes := today.used()
	if sizes.notif != 2*today.notif || sizes.resp != 2*today.resp {
		t.Errorf("%+v", sizes)
	}
	response := rawResponse{id: 1, val: 2, error: 3, flags: 4}
	if b := response.encode(new(room), sizes.resp); len(b) != int(sizes.resp) || !bytes.Equal(b[:24], response.encode(new(room), 24)) || bytes.ContainsFunc(b[24:], func(r rune) bool { return r != 0 }) {
		t.Errorf("%v", b)
	}
	buf := new(room).buffer(sizes.notif)
	if len(buf) != int(sizes.notif) || uintptr(unsafe.Pointer(unsafe.SliceData(buf)))%8 != 0 {
		t.Errorf("%d bytes at %p", len(buf), buf)
	}
	raw := (*rawNotification)(unsafe.Pointer(unsafe.SliceData(buf)))
	raw.id, raw.pid, raw.flags = 7, 8, ^uint32(0)
	raw.data.nr, raw.data.args[5] = unix.SYS_CONNECT, 9
	for i := int(unsafe.Sizeof(*raw)); i < len(buf); i++ {
		buf[i] = 0xff
	}
	if got, want := decodeNotification(buf), (Notification{ID: 7, TID: 8, Nr: unix.SYS_CONNECT, Args: [6]uint64{5: 9}}); got != want {
		t.Errorf("%+v", got)
	}
}
