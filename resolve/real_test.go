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
	"testing"
	"time"

	"github.com/miekg/dns"
)

// unbound starts a real resolver on loopback, with local data only, and returns where it listens.
func unbound(t *testing.T, data ...string) netip.AddrPort {
	t.Helper()
	program, err := exec.LookPath("unbound")
	if err != nil {
		if program = "/usr/sbin/unbound"; !exists(program) {
			t.Fatal("unbound is missing: run make deps")
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr).AddrPort()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var config strings.Builder
	fmt.Fprintf(&config, "server:\n directory: %q\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n do-daemonize: no\n"+
		" interface: 127.0.0.1@%d\n module-config: \"iterator\"\n local-zone: corp. static\n", dir, address.Port())
	for _, record := range data {
		fmt.Fprintf(&config, " local-data: '%s'\n", record)
	}
	config.WriteString("remote-control:\n control-enable: no\n")
	path := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "-c", path)
	var out strings.Builder
	command.Stderr = &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() { cancel(); <-ended })
	for {
		conn, err := net.Dial("tcp", address.String())
		if err == nil {
			_ = conn.Close()
			return address
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("unbound: %v\n%s", err, out.String())
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
