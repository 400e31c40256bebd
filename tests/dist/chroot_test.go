//go:build dist

package dist

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// machine runs a script as a user in an installed system, as if that were all of the machine: with a network of its own that has nothing but a resolver on
// loopback. It is no chroot while the script runs, since a process in one makes no user namespaces.
const machine = `exec unshare --mount --net --pid --fork sh -ec '
	mount --bind "$1" "$1"; cd "$1"; mkdir -p .outside; pivot_root . .outside
	mount -t proc proc /proc; mount --rbind /.outside/dev /dev; umount -l /.outside
	cd /; ip link set lo up; echo "nameserver 127.0.0.1" >/etc/resolv.conf
	dnsmasq --no-resolv --no-hosts --listen-address=127.0.0.1 --bind-interfaces --address=/corp.example/192.0.2.10 --address=/www.example.com/192.0.2.8 --pid-file=/run/dnsmasq
	export HOME=/home/user PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin; cd /home/user
	exec setpriv --reuid "$2" --regid "$2" --clear-groups -- sh -c "$3"' sh "$@"`

// On a system without Go the .deb is installed; then the README's three uses run as they stand, for an ordinary user and for root; and removed it leaves nothing.
func TestInstalled(t *testing.T) {
	root := t.TempDir()
	shell(t, `"$1"/scripts/debian-chroot "$2" make bind9-dnsutils dnsmasq-base bubblewrap iproute2 && ! chroot "$2" sh -c 'command -v go gcc'`, repository, root)
	shell(t, `cp "$2" "$1/tmp/x.deb" && chroot "$1" dpkg -i /tmp/x.deb && chroot "$1" dpkg --verify codex-dnsvisor`, root, made("amd64.deb"))
	for _, user := range []string{"1000", "0"} {
		home := filepath.Join(root, "home/user")
		must(t, os.RemoveAll(home))
		policy := blocks(t, "toml", "")[0]
		prepare(t, root, home, policy)
		shell(t, `chown -R "$1:$1" "$2"`, user, home)
		if out := shell(t, machine, root, user, `codex-dnsvisor doctor`); !strings.HasSuffix(out, "run works here\n") {
			t.Errorf("%s: doctor: %s", user, out)
		}
		if out := shell(t, machine, root, user, `codex-dnsvisor --allow db.test --record 'db.test. 60 IN A 192.0.2.7' -- getent hosts db.test`); !strings.HasPrefix(out, "192.0.2.7") {
			t.Errorf("%s: the main job: %s", user, out)
		}
		ran := 0
		for _, block := range blocks(t, "sh", "codex-dnsvisor ") {
			for line := range strings.Lines(block) {
				if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				ran++
				out, stderr, err := try(t, machine, root, user, line)
				if err != nil || strings.Contains(stderr, "error:") {
					t.Errorf("%s: %s: %v\n%s%s", user, line, err, out, stderr)
				}
			}
		}
		if ran < 14 {
			t.Errorf("%d commands of the README's", ran)
		}
	}
	shell(t, `chroot "$1" dpkg -P codex-dnsvisor`, root)
	if left := shell(t, `rm -r "$1/home" "$1/tmp/x.deb" && find "$1" -xdev -path '*codex-dnsvisor*' ! -path '*/var/lib/dpkg/*' ! -path '*/var/log/*'`, root); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// prepare makes what the README's lines speak of: its policy, agents and their configuration, and tests that look names up.
func prepare(t *testing.T, root, home, policy string) {
	t.Helper()
	agent := "#!/bin/sh\nexec bwrap --dev-bind / / --unshare-net getent hosts a.corp.example\n"
	for name, text := range map[string]string{
		home + "/policy.toml":                       policy,
		home + "/Makefile":                          "test:\n\tgetent hosts a.corp.example\n\tdig +short @8.8.8.8 b.corp.example\n",
		home + "/.codex/config.toml":                "[features]\nnetwork_proxy = true\n\n[permissions.workspace.network]\nenabled = true\n\n[permissions.workspace.network.domains]\n\"*.corp.example\" = \"allow\"\n",
		home + "/.claude/settings.json":             `{"sandbox": {"network": {"allowedDomains": ["*.corp.example"]}}}`,
		filepath.Join(root, "usr/local/bin/codex"):  agent,
		filepath.Join(root, "usr/local/bin/claude"): agent,
	} {
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, os.WriteFile(name, []byte(text), 0o755))
	}
}

// blocks are the README's of a language, of those that have a line that begins so.
func blocks(t *testing.T, language, line string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	must(t, err)
	for _, b := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if regexp.MustCompile("(?m)^" + regexp.QuoteMeta(line)).MatchString(b[1]) {
			all = append(all, b[1])
		}
	}
	if len(all) == 0 {
		t.Fatalf("the README has no block of %s with %q", language, line)
	}
	return all
}
