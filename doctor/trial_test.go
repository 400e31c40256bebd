package doctor

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// blind is a launch whose sockets nobody looks at.
func blind(sys.WallSockets) {}

func itoa(n int) string { return strconv.Itoa(n) }

// belongings are what this process has open, and its children.
func belongings(t *testing.T) string {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, fd := range fds {
		target, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		if !strings.Contains(target, "/fd") && !strings.HasPrefix(target, "anon_inode:[eventp") && !strings.HasPrefix(target, "anon_inode:[eventfd") {
			out = append(out, fd.Name()+" "+target)
		}
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		children, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children") // the thread may have ended
		out = append(out, strings.Fields(string(children))...)
	}
	return strings.Join(out, "\n")
}

func TestTheTrialLeavesNothing(t *testing.T) {
	before := belongings(t)
	for range 3 {
		if err := try(t.Context(), supervisor.MapIDs, blind); err != nil {
			t.Fatal(err)
		}
	}
	if after := belongings(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestACanceledTrialIsNoVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := thisHost()
	err := try(ctx, supervisor.MapIDs, blind)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	findings := examine(h, nil, err)
	if len(findings) != 1 || findings[0].Status != Unknown || !Works(findings) {
		t.Errorf("%+v", findings)
	}
	if got := verdict(findings); !strings.Contains(got, "no launch was tried") {
		t.Error(got)
	}
}

func TestATrialWithoutAnIdentityFails(t *testing.T) {
	nobody := func(*sys.Config) error { return errors.New("nobody") }
	if err := try(t.Context(), nobody, blind); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Error(err)
	}
}

// A map that the kernel refuses: the stage and the errno come through.
func TestATrialReportsItsStage(t *testing.T) {
	h := machine("6.18.0", map[string]string{"proc/self/status": userStatus})
	err := try(t.Context(), func(c *sys.Config) error {
		c.NoSetgroups, c.UIDMap, c.GIDMap = true, "4294967295 4294967295 1\n", "0 0 1\n"
		return nil
	}, blind)
	stage, ok := errors.AsType[*sys.StageError](err)
	if !ok || stage.Stage != sys.StageMap || stage.Errno != unix.EINVAL {
		t.Fatal(err)
	}
	if got := probeTrial(h, err); got.outcome != isMissing || got.advice != otherwise {
		t.Errorf("%+v", got)
	}
}

func TestInspectRefusesWhatIsNotOurCall(t *testing.T) {
	for name, n := range map[string]sys.Notification{
		"another call":          {TID: os.Getpid(), Nr: unix.SYS_GETPID},
		"a thread not to seen":  {TID: 0, Nr: unix.SYS_EXECVE},
		"an address not mapped": {TID: os.Getpid(), Nr: unix.SYS_EXECVE, Args: [6]uint64{1}},
	} {
		if err := inspect(n); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestProbeTrialWords(t *testing.T) {
	h := machine("6.18.0", map[string]string{"proc/self/status": userStatus})
	for _, c := range []struct {
		err     error
		outcome outcome
		advice  string
	}{
		{nil, isThere, ""},
		{context.DeadlineExceeded, cannotTell, ""},
		{&trialError{stepLaunch, io.EOF}, isMissing, "killed"},
		{&trialError{stepReceive, errNotCaught}, isMissing, otherwise},
		{errors.New("strange"), isMissing, otherwise},
	} {
		got := probeTrial(h, c.err)
		if got.outcome != c.outcome || !strings.Contains(got.advice, c.advice) || got.advice == "" && c.advice != "" {
			t.Errorf("%v: %+v", c.err, got)
		}
	}
}
