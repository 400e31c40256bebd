//go:build clients

package clients

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// verdict is what a program makes of a policy.
type verdict struct {
	refused string          // why it does not take it
	allowed map[string]bool // of each name
}

// expected is what both programs must make of a policy. Of a name marked with "!" only theirs is asked: it is an address, or
// what it is connected to decides, which a question does not tell.
type expected struct {
	yes, no string // names
	refused string // part of what theirs says
}

// names are those that are asked of theirs, with what is expected, and those that are asked of ours.
func (e expected) names() (want map[string]bool, asked []string) {
	want = map[string]bool{}
	for _, list := range []struct {
		names   string
		allowed bool
	}{{e.yes, true}, {e.no, false}} {
		for name := range strings.FieldsSeq(list.names) {
			bare, marked := strings.CutPrefix(name, "!")
			want[bare] = list.allowed
			if !marked {
				asked = append(asked, bare)
			}
		}
	}
	return want, asked
}

// agree compares both programs with what is expected, one test a name.
func agree(t *testing.T, want expected, theirs, ours verdict) {
	t.Helper()
	if !strings.Contains(theirs.refused, want.refused) || (theirs.refused != "") != (want.refused != "") {
		t.Errorf("theirs refuses: %q, not %q", theirs.refused, want.refused)
	}
	if (ours.refused != "") != (want.refused != "") {
		t.Errorf("ours refuses: %q", ours.refused)
	}
	names, asked := want.names()
	for name, allowed := range names {
		t.Run(name, func(t *testing.T) {
			if got, ok := theirs.allowed[name]; !ok || got != allowed {
				t.Errorf("theirs allows it: %v, not %v", got, allowed)
			}
			if got, ok := ours.allowed[name]; slices.Contains(asked, name) && (!ok || got != allowed) {
				t.Errorf("ours allows it: %v, not %v", got, allowed)
			}
		})
	}
}

// patterns are those that a policy allows and denies.
type patterns struct {
	allow, deny list
	expected
}

type list []string

func (p patterns) name() string { return fmt.Sprintf("allow %q deny %q", p.allow, p.deny) }

// outskirts is where the released programs run: a network namespace that nothing can leave, with an /etc of the test's own.
type outskirts struct {
	t   *testing.T
	dir string
}

// newOutskirts makes a directory that is put over /etc.
func newOutskirts(t *testing.T) *outskirts {
	t.Helper()
	o := &outskirts{t, t.TempDir()}
	o.write("etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	for _, name := range []string{"tmp", "over-tmp"} {
		must(t, os.Mkdir(o.path(name), 0o755))
	}
	o.write("etc/hosts", "127.0.0.1 localhost\n1.1.1.1 public.example\n10.0.0.5 private.example\n")
	return o
}

func (o *outskirts) path(name string) string { return filepath.Join(o.dir, name) }

func (o *outskirts) write(name, text string) {
	o.t.Helper()
	must(o.t, os.MkdirAll(filepath.Dir(o.path(name)), 0o755))
	must(o.t, os.WriteFile(o.path(name), []byte(text), 0o644))
}

// run runs a command there, and returns what it printed, and what it said where it failed.
func (o *outskirts) run(c *exec.Cmd, input string) (output, failure string) {
	o.t.Helper()
	script := `set -e
		ip link set lo up
		(cd "$1" && mount -t overlay -o lowerdir=etc:/etc etc /etc)
		mount -t tmpfs tmp "$1/over-tmp" # Codex leaves directories of its user's in /tmp
		for dir in "$BUILT" "$1"; do
			mkdir -p "$1/over-tmp/${dir#/tmp/}"
			mount --bind "$dir" "$1/over-tmp/${dir#/tmp/}"
		done
		mount -n --move "$1/over-tmp" /tmp
		cd "$2"
		shift 2
		exec setpriv --ambient-caps=-all --inh-caps=-all "$@"` // bwrap refuses to start with capabilities
	enter := exec.Command("unshare", slices.Concat([]string{"--map-current-user", "--keep-caps", "--net", "--mount", "sh", "-c", script, "sh", o.dir, cmp.Or(c.Dir, o.dir)}, c.Args)...)
	enter.Env, enter.Stdin = slices.Concat(os.Environ(), []string{"BUILT=" + built, "TMPDIR=" + o.path("tmp")}, c.Env), strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	enter.Stdout, enter.Stderr = &stdout, &stderr
	must(o.t, enter.Start())
	timer := time.AfterFunc(patience, func() { _ = enter.Process.Kill() })
	defer timer.Stop()
	err := enter.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return stdout.String(), exit.String() + ": " + stderr.String()
	}
	must(o.t, err)
	return stdout.String(), ""
}

// ours is what codex-dnsvisor makes of a policy that the flags name.
func (o *outskirts) ours(c *exec.Cmd, names []string) verdict {
	o.t.Helper()
	v := verdict{allowed: map[string]bool{}}
	for _, name := range names {
		host, _, _ := strings.Cut(name, ":") // a question has no port
		explain := *c
		explain.Args = append(slices.Clone(c.Args), host)
		output, failure := o.run(&explain, "")
		if failure != "" && !strings.Contains(output, ": denied, ") {
			return verdict{refused: failure}
		}
		v.allowed[name] = failure == ""
	}
	return v
}

// answer is a line of connect.py.
type answer struct {
	Name   string
	Status int
	Reason string
}

// judged reads what connect.py printed.
func judged(t *testing.T, output string) map[string]bool {
	t.Helper()
	allowed := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(output)); lines.Scan(); {
		var a answer
		must(t, json.Unmarshal(lines.Bytes(), &a))
		allowed[a.Name] = a.allowed(t)
	}
	return allowed
}

// allowed says what the proxy decided. What it allows it may have failed to reach.
func (a answer) allowed(t *testing.T) bool {
	t.Helper()
	switch {
	case a.Status == http.StatusOK || a.Status == http.StatusBadGateway:
		return true
	case a.Status == http.StatusForbidden && strings.HasPrefix(a.Reason, "blocked-by-"):
		return false
	}
	t.Errorf("%s: the proxy says %d %q", a.Name, a.Status, a.Reason)
	return false
}
