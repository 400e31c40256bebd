//go:build clients

package clients

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// nss is where make deps-clients unpacks NSS modules and nscd: installed, they would change the machine's own look-ups.
func nss(path string) string { return filepath.Join(built, "cache/root", path) }

// Services that resolve for anybody, beside the tree, are not asked by it: the name comes by DNS, and in the log. Each is one that
// a plain getent does ask.
func TestServicesBeside(t *testing.T) {
	for name, c := range map[string]struct {
		hosts, services, asked string
	}{
		"nscd": {
			"files dns",
			`mount -t tmpfs none /run; mkdir /run/nscd
			unshare --map-root-user setpriv --pdeathsig KILL "$BUILT/cache/root/usr/sbin/nscd" -d -f "$BUILT/cache/root/etc/nscd.conf" >"$WORLD/service" 2>&1 &
			until [ -S /run/nscd/socket ]; do :; done`,
			`GETAI \(host|GETHOSTBYNAME \(host|GETAI.*|handle_request`,
		},
		// The module is systemd's; who listens in the place of systemd-resolved, which wants systemd itself, writes down what it hears.
		"nss-resolve": {
			"files resolve [!UNAVAIL=return] dns",
			`mount -t tmpfs none /run; mkdir -p /run/systemd/resolve
			setpriv --pdeathsig KILL /usr/bin/python3 -c 'import socket
s = socket.socket(socket.AF_UNIX); s.bind("/run/systemd/resolve/io.systemd.Resolve"); s.listen(9)
while True:
    c, _ = s.accept(); print(c.recv(1000), flush=True); c.close()' >"$WORLD/service" 2>&1 &
			until [ -S /run/systemd/resolve/io.systemd.Resolve ]; do :; done`,
			`ResolveHostname`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.hosts, c.services)
			asked := func() string {
				text, err := os.ReadFile(w.path("service"))
				must(t, err)
				return string(text)
			}
			_, _ = w.getent(bare)
			if said := asked(); !regexp.MustCompile(c.asked).MatchString(said) {
				t.Fatalf("a plain getent does not ask it: %q", said)
			}
			before := asked()
			if out, said := w.getent(inside); !addresses[host].MatchString(out) {
				t.Errorf("%s does not resolve: %q, %s", host, out, said)
			}
			if more := strings.TrimPrefix(asked(), before); regexp.MustCompile(c.asked).MatchString(more) {
				t.Errorf("it was asked from inside: %q", more)
			}
		})
	}
}

// Avahi's modules in nsswitch leave a name that is not theirs to DNS.
func TestMDNSInNSSwitch(t *testing.T) {
	w := newWorld(t, "files mdns4_minimal [NOTFOUND=return] dns mdns4", "")
	if out, said := w.getent(inside); !addresses[host].MatchString(out) {
		t.Errorf("%s does not resolve: %q, %s", host, out, said)
	}
}

// A 32-bit program has no sockets, and says so: its system calls are not those that are caught.
func TestI386(t *testing.T) {
	if errors.Is(exec.Command(program("i386")).Run(), syscall.ENOEXEC) {
		t.Skip("this kernel runs no 32-bit code")
	}
	w := newWorld(t, "files dns", "")
	if out, err := w.enter(program("i386"), host, "inet", "none").CombinedOutput(); !addresses[host].Match(out) {
		t.Fatalf("without us: %v, %s", err, out)
	}
	out, err := w.enter(inside(program("i386"), host, "inet", "none")...).CombinedOutput()
	if err == nil || !regexp.MustCompile(`failure in name resolution|System error|not known`).Match(out) {
		t.Errorf("%v, %s", err, out)
	}
}

// getent looks one name up with the modules that were unpacked.
func (w *world) getent(wrap func(...string) []string) (stdout, stderr string) {
	cmd := w.enter(wrap("getent", "ahosts", host)...)
	cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+nss("usr/lib/x86_64-linux-gnu")+":"+nss("lib/x86_64-linux-gnu"))
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && errors.As(err, &exit) {
		return string(out), string(exit.Stderr)
	}
	return string(out), ""
}
