package resolve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// unbound starts a real resolver on loopback, with local data only, and returns where it listens.
func unbound(t *testing.T, data ...string) netip.AddrPort {
	t.Helper()
	var local strings.Builder
	for _, record := range data {
		fmt.Fprintf(&local, " local-data: '%s'\n", record)
	}
	address := freePort(t)
	startUnbound(t, address, local.String())
	return address
}

// freePort is one that nobody listens on, and that no other test is given.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		address := listener.Addr().(*net.TCPAddr).AddrPort()
		must(t, listener.Close())
		if _, given := givenPorts.LoadOrStore(address, true); !given {
			return address
		}
	}
}

var givenPorts sync.Map

// startUnbound runs unbound at an address, with more of a configuration's server part.
func startUnbound(t *testing.T, address netip.AddrPort, more string) *program {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf("server:\n directory: %q\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n do-daemonize: no\n so-reuseport: no\n"+
		" interface: 127.0.0.1@%d\n module-config: \"iterator\"\n local-zone: corp. static\n%sremote-control:\n control-enable: no\n", dir, address.Port(), more)
	path := filepath.Join(dir, "unbound.conf")
	must(t, os.WriteFile(path, []byte(config), 0o600))
	return start(t, address, "unbound", "-c", path)
}

// program is a real server.
type program struct {
	*exec.Cmd
	address netip.AddrPort
}

// stop stops a program with all that it started, and returns when none of its own threads runs any more.
func (p *program) stop(t *testing.T) {
	t.Helper()
	must(t, syscall.Kill(-p.Process.Pid, syscall.SIGSTOP))
	must(t, unix.Waitid(unix.P_PID, p.Process.Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil))
}

// kill ends a program with all that it started, and returns when nobody listens any more.
func (p *program) kill(t *testing.T) {
	t.Helper()
	must(t, syscall.Kill(-p.Process.Pid, syscall.SIGKILL))
	for {
		conn, err := net.Dial("tcp", p.address.String())
		if err != nil {
			return
		}
		_ = conn.Close()
		time.Sleep(time.Millisecond) //nolint:forbidigo // nothing tells when the kernel has closed another's sockets
	}
}

// start runs a program that the test ends, and waits until it accepts connections at an address.
func start(t *testing.T, address netip.AddrPort, name string, args ...string) *program {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path = "/usr/sbin/" + name; !exists(path) {
			t.Fatalf("%s is missing: run make deps", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, path, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	var out strings.Builder
	command.Stdout, command.Stderr = &out, &out
	must(t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() { cancel(); <-ended })
	for {
		conn, err := net.Dial("tcp", address.String())
		if err == nil {
			_ = conn.Close()
			return &program{command, address}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s: %v\n%s", name, err, out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A real resolver's answers, by UDP, by TCP where they are too long, and of names that are not.
func TestRealUnbound(t *testing.T) {
	data := []string{"www.corp. 60 IN A 192.0.2.1", "www.corp. 60 IN AAAA 2001:db8::1", "corp. 60 IN SOA ns.corp. x.corp. 1 2 3 4 5"}
	for i := range 200 {
		data = append(data, fmt.Sprintf("long.corp. 60 IN A 203.0.113.%d", i))
	}
	address := unbound(t, data...)
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			r := resolver(t, Config{Upstreams: []Upstream{{network: network, address: address}}})
			expect(t, lookup(t, r, "www.corp", Chain{}), "NOERROR", "192.0.2.1")
			expect(t, r.Lookup(t.Context(), Question{Name: "www.corp", Type: dns.TypeAAAA, Class: dns.ClassINET}, Chain{}), "NOERROR", "2001:db8::1")
			expect(t, r.Lookup(t.Context(), Question{Name: "www.corp", Type: dns.TypeCNAME, Class: dns.ClassINET}, Chain{}), "NOERROR")
			if a := lookup(t, r, "long.corp", Chain{}); len(a.records) != 200 || a.Source() != SourceUpstream {
				t.Errorf("%s, %d records by TCP, from %s", a.RCode(), len(a.records), a.Source())
			}
			expect(t, lookup(t, r, "absent.corp", Chain{}), "NXDOMAIN")
			if a, ok := r.Cached(question("absent.corp"), Chain{}); !ok || a.RCode() != "NXDOMAIN" || len(a.authority) != 1 {
				t.Errorf("not remembered by its SOA: %v %s", ok, a.RCode())
			}
		})
	}
}
