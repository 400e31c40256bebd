//go:build dist

package dist

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLintian(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		stdout, stderr, err := try(t, `lintian --allow-root --fail-on error,warning "$1"`, made(arch+".deb"))
		if err != nil || stdout != "" {
			t.Errorf("%s: %v\n%s%s", arch, err, stdout, stderr)
		}
	}
}

// Installed into an empty root the .rpm runs, and removed it leaves nothing.
func TestRPM(t *testing.T) {
	root := t.TempDir()
	shell(t, `rpm -K --nosignature "$2" && rpm --root "$1" --initdb && rpm --root "$1" -i --nosignature "$2" && rpm --root "$1" -V codex-dnsvisor`, root, made("amd64.rpm"))
	if out := shell(t, `"$1"/usr/bin/codex-dnsvisor version`, root); !strings.HasPrefix(out, "codex-dnsvisor "+version+" ") {
		t.Error(out)
	}
	shell(t, `rpm --root "$1" -e codex-dnsvisor`, root)
	if left := shell(t, `find "$1" -name '*codex-dnsvisor*'`, root); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// The pages are without faults for mandoc and for groff at 80 columns, and man finds them.
func TestManualPages(t *testing.T) {
	man := filepath.Join(unpack(t, "amd64"), "share/man")
	for _, page := range []string{"man1/codex-dnsvisor.1", "man5/codex-dnsvisor-policy.5", "man5/codex-dnsvisor-audit.5"} {
		if out, stderr, _ := try(t, `gunzip -k "$1.gz" && MANWIDTH=80 man --warnings -E UTF-8 -l "$1" 2>&1 >/dev/null; mandoc -T lint -W error "$1"`, filepath.Join(man, page)); out+stderr != "" {
			t.Errorf("%s: %s%s", page, out, stderr)
		}
		text := shell(t, `MANPATH="$1" man -P cat "$2" | col -b`, man, strings.Split(filepath.Base(page), ".")[0])
		if !strings.Contains(text, "NAME") || strings.Count(text, "\n") < 100 {
			t.Errorf("%s: %d lines", page, strings.Count(text, "\n"))
		}
	}
}

// The image runs doctor, and the main job with the programs of the machine around it: in it there is nothing else.
func TestImage(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	// It wants one tree of cgroups.
	const cgroups = `exec unshare --mount sh -ec 'umount -R /sys/fs/cgroup 2>/dev/null || :; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"' sh `
	const podman = cgroups + `podman --root "$HOME/storage" --runroot "$HOME/runroot" --storage-driver vfs --cgroup-manager cgroupfs `
	shell(t, podman+`load -q -i "$1"`, made("amd64.oci.tar"))
	const run = podman + `run --rm --cgroups=disabled --network=none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 `
	image := "localhost/codex-dnsvisor:" + version
	if out := shell(t, run+image+` version`); !strings.HasPrefix(out, "codex-dnsvisor "+version+" ") {
		t.Errorf("version: %s", out)
	}
	if out, stderr, err := try(t, run+image+` doctor`); err != nil || !strings.HasSuffix(out, "run works here\n") {
		t.Errorf("doctor: %v\n%s%s", err, out, stderr)
	}
	const programs = `-v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro -v /etc/nsswitch.conf:/etc/nsswitch.conf:ro `
	out := shell(t, run+programs+image+` --allow db.test --record 'db.test. 60 IN A 192.0.2.7' -- getent hosts db.test`)
	if !strings.HasPrefix(out, "192.0.2.7") {
		t.Errorf("the main job: %s", out)
	}
	if _, err := os.Stat(made("arm64.oci.tar")); err != nil {
		t.Error(err)
	}
}
