package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/audit/verify"
	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// rotating confines the process as a run, or as a forwarder, whose log in dir is rotated, and writes it.
func rotating(kind, dir, elsewhere string) {
	if err := rotatingIn(kind, dir, elsewhere); err != nil {
		fmt.Println(err)
	}
	fmt.Println("done")
}

func rotatingIn(kind, dir, elsewhere string) error {
	lines, err := audit.Open(dir+"/log", audit.Options{
		Rotation: audit.Rotation{MaxSize: 2000, Keep: 50}, Notice: func(err error) { fmt.Println(err) },
	})
	if err != nil {
		return err
	}
	confine := (&Config{Unix: filter.UnixGuard, Log: lines}).confine
	if kind == "service" {
		confine = func() error { return ConfineService(Door{Path: elsewhere + "/socket"}, nil, lines) }
	}
	if err := errors.Join(lines.Start(audit.Start{}), confine()); err != nil {
		return err
	}
	for i := range 40 {
		err = errors.Join(err, lines.Record(audit.Event{Name: audit.PolicyDecision, ServerAddress: fmt.Sprint(i)}))
	}
	for _, e := range rotatingEscapes(kind, dir, elsewhere) {
		if got := e.try(dir); !errors.Is(got, e.want) {
			err = errors.Join(err, fmt.Errorf("%s: %w, want %w", e.name, got, e.want))
		}
	}
	return errors.Join(err, lines.End(audit.Ending{}))
}

// rotatingEscapes are what such a process may not for all that.
func rotatingEscapes(kind, dir, elsewhere string) []escape {
	all := []escape{
		{"write a file over", func(string) error { return opened(dir+"/new", unix.O_WRONLY|unix.O_CREAT) }, unix.EPERM},
		{"empty a file", func(string) error { return opened(dir+"/file", unix.O_WRONLY|unix.O_TRUNC) }, unix.EPERM},
		{"make a file to read", func(string) error { return opened(dir+"/new", unix.O_RDWR|unix.O_CREAT|unix.O_EXCL) }, unix.EPERM},
		{"exchange files", func(string) error {
			return unix.Renameat2(unix.AT_FDCWD, dir+"/file", unix.AT_FDCWD, dir+"/log", unix.RENAME_EXCHANGE)
		}, unix.EPERM},
	}
	if kind != "service" {
		return append(all, escape{"delete a file", func(string) error { return unix.Unlink(dir + "/file") }, unix.EPERM})
	}
	if sys.UsableLandlock().Files {
		all = append(all,
			escape{"make a file elsewhere", func(string) error { return opened(elsewhere+"/new", unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL) }, unix.EACCES},
			escape{"add to a file elsewhere", func(string) error { return opened(elsewhere+"/file", unix.O_WRONLY|unix.O_APPEND) }, unix.EACCES},
			escape{"rename elsewhere", func(string) error {
				return unix.Renameat(unix.AT_FDCWD, elsewhere+"/file", unix.AT_FDCWD, elsewhere+"/other")
			}, unix.EACCES},
			escape{"read a log", func(string) error { return opened(dir+"/log", unix.O_RDONLY) }, unix.EACCES})
	}
	return all
}

// A confined process rotates its log, and may do no more for that than it takes.
func TestConfinedRotates(t *testing.T) {
	for name, attr := range people() {
		for _, kind := range []string{"run", "service"} {
			t.Run(name+", "+kind, func(t *testing.T) {
				dir, elsewhere := t.TempDir(), t.TempDir()
				for _, dir := range []string{dir, elsewhere} {
					must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o666))
					must(t, os.Chmod(dir, 0o777))
				}
				must(t, os.Chmod(filepath.Dir(dir), 0o755))
				if out, state := confined(t, attr, "rotating", kind, dir, elsewhere); out != "done\n" || !state.Success() {
					t.Errorf("%v:\n%s", state, out)
				}
				wholeIn(t, dir, 42)
			})
		}
	}
}

// wholeIn wants a log of several files in a directory.
func wholeIn(t *testing.T, dir string, events int) {
	t.Helper()
	files, err := filepath.Glob(dir + "/log*")
	must(t, err)
	v := verify.New(nil)
	for _, file := range slices.Backward(files) {
		f, err := os.Open(file)
		must(t, err)
		v.Read(file, f)
		f.Close()
	}
	if r := v.Report(); r.Outcome != verify.Whole || r.Events != events || len(r.Findings) > 0 || len(files) < 5 {
		t.Errorf("%q: %+v", files, r)
	}
}
