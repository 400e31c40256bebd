//go:build sandboxes

package sandboxes

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience bounds what should never take it.
const patience = time.Minute

// Who runs a sandbox.
const (
	root     = "0"
	ordinary = "54321" // without an entry in /etc/passwd, nor ids to map
)

// seen is what every sandbox is to print.
const seen = "192.0.2.1       STREAM host.example\n192.0.2.1\nc-ares 192.0.2.1\ndenied 2\nno way out\n"

// podman has no rights here to mount cgroups or raise limits, and keeps to directories of the test's own.
const podman = `podman --root "$HOME/storage" --runroot "$HOME/runroot" --storage-driver vfs --cgroup-manager cgroupfs run --rm --cgroups=disabled --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -v /usr:/usr:ro -v /etc:/etc:ro`

// runtime runs a bundle by a runtime of the OCI.
func runtime(name string) string {
	return `mkdir -p "$HOME/bundle$$" && cd "$HOME/bundle$$" && ` + name + ` spec --rootless && python3 "$DIR/bundle.py" "$HOME/root" "$@" && ` + name + ` --root "$HOME/state" run x$$`
}

// sandboxes are commands of a shell that run their arguments in a sandbox.
var sandboxes = []struct {
	name, run string
	users     []string
	nets      []string // where others are left out, docs/sandboxes.md says why
}{
	{"unshare", `unshare -Urn "$@"`, []string{root, ordinary}, []string{"isolated", "host"}},
	{"unshare three deep", `unshare -Urn unshare -Urn unshare -Urn "$@"`, []string{root, ordinary}, []string{"isolated", "host"}},
	{"bwrap --unshare-net", `bwrap --dev-bind / / --unshare-net "$@"`, []string{root, ordinary}, []string{"isolated", "host"}},
	{"bwrap --unshare-all", `bwrap --dev-bind / / --unshare-all "$@"`, []string{root, ordinary}, []string{"isolated", "host"}},
	{"bwrap --unshare-all with its own proc", `bwrap --dev-bind / / --proc /proc --unshare-all "$@"`, []string{root, ordinary}, []string{"isolated", "host"}},
	{"podman --network=none", podman + ` --network=none --rootfs "$HOME/root" "$@"`, []string{root, ordinary}, []string{"host"}},
	{"runc, rootless bundle", runtime("runc"), []string{ordinary}, []string{"isolated", "host"}},
	{"crun, rootless bundle", runtime("crun"), []string{ordinary}, []string{"isolated", "host"}},
	{"pasta", `pasta --quiet --config-net -- "$@"`, []string{ordinary}, []string{"host"}},
	{"systemd-nspawn", `systemd-nspawn --quiet --pipe --register=no --keep-unit --private-network --directory "$HOME/root" --bind-ro=/usr --bind-ro=/etc "$@"`, []string{root}, []string{"host"}},
	{"charliecloud", `ch-run --no-passwd --bind /usr:/usr --bind /etc:/etc "$HOME/root" -- "$@"`, []string{root, ordinary}, []string{"isolated"}},
	{"firejail", `firejail --quiet --noprofile --net=none "$@"`, []string{root}, []string{"isolated", "host"}},
}

// outside is a machine of its own for everything that is run: a network whose router is not there, one cgroup tree of the second
// version, and a /dev/net/tun for everybody.
const outside = `ip link set lo up; ip addr add 10.88.0.10/32 dev lo
	ip link add eth0 type veth peer name eth1; ip link set eth1 up; ip addr add 10.89.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.89.0.1
	umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup
	mount -t tmpfs none /dev/net; mknod -m 666 /dev/net/tun c 10 200
	export DIR="$1" USER="user$2" HOME="$1/home$2" XDG_RUNTIME_DIR="$1/home$2/run"; cd "$HOME"; user="$2"; shift 2
	exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"`

func below(t *testing.T, user string, args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.Command("unshare", slices.Concat([]string{"--mount", "--net", "sh", "-ec", outside, "sh", dir, user}, args)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hang := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hang.Stop()
	_ = cmd.Wait() // what it printed tells
	return out.String(), errs.String()
}

// ask is what is run in each sandbox.
func ask(t *testing.T) []string {
	t.Helper()
	cares, err := os.ReadFile("testdata/cares.py")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/ask.sh")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"bash", "-c", string(script), "bash", string(cares)}
}

func TestSandboxes(t *testing.T) {
	record := []string{"--record", "host.example. A 192.0.2.1", "--allow", "host.example"}
	for _, s := range sandboxes {
		for _, user := range s.users {
			for _, net := range s.nets {
				t.Run(s.name+" as "+user+" --net="+net, func(t *testing.T) {
					args := slices.Concat([]string{program("codex-dnsvisor"), "--net=" + net}, record, []string{"--", "sh", "-c", s.run, "sh"}, ask(t))
					if stdout, stderr := below(t, user, args...); stdout != seen || !strings.Contains(stderr, "denied denied.example") {
						t.Errorf("%s\n%s", stdout, stderr)
					}
				})
			}
		}
	}
}

// services are DNS services of a sandbox's own network: commands of a shell that ask one for a name that it knows, and our own.
var services = []struct{ name, run, own string }{
	{"slirp4netns", `dnsmasq --no-resolv --no-hosts --user= --group= --pid-file= --conf-file=/dev/null --log-facility=/dev/null --address=/own.example/192.0.2.99 --bind-interfaces --listen-address=10.88.0.10
		echo "nameserver 10.88.0.10" >"$HOME/resolv.conf"; mount --bind "$HOME/resolv.conf" /etc/resolv.conf
		` + podman + ` --network=slirp4netns --rootfs "$HOME/root" sh -c 'dig +short +tries=2 +time=5 @10.0.2.3 own.example; dig +short +tries=1 +time=5 @8.8.8.8 host.example'`, "192.0.2.99"},
	{"aardvark-dns", `printf '[network]\nnetwork_backend = "netavark"\n' >"$HOME/containers.conf"; export CONTAINERS_CONF="$HOME/containers.conf"
		podman --root "$HOME/storage" --runroot "$HOME/runroot" --network-config-dir "$HOME/networks" network create --subnet 10.99.0.0/24 own$$ >/dev/null
		` + strings.Replace(podman, "podman", `podman --network-config-dir "$HOME/networks"`, 1) + ` --network own$$ --name own --rootfs "$HOME/root" sh -c 'dig +short +tries=2 +time=5 @10.99.0.1 own.dns.podman; dig +short +tries=1 +time=5 @8.8.8.8 host.example'
		podman --root "$HOME/storage" --runroot "$HOME/runroot" --network-config-dir "$HOME/networks" network rm own$$ >/dev/null`, "10.99.0.2"},
}

// They are left to them, or replaced.
func TestServicesOfASandbox(t *testing.T) {
	for _, s := range services {
		for existing, want := range map[string]string{"keep": s.own + "\n192.0.2.1\n", "replace": "192.0.2.1\n"} {
			stdout, stderr := below(t, root, program("codex-dnsvisor"), "--net=host", "--existing-dns="+existing, "--record", "host.example. A 192.0.2.1", "--allow", "host.example", "--", "sh", "-c", s.run)
			if stdout != want {
				t.Errorf("%s, %s: %s\n%s", s.name, existing, stdout, stderr)
			}
		}
	}
}
