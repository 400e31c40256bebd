package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// Ports of 127.0.0.1 in the namespace. dnsmasq is who /etc/resolv.conf names, and forwards to unbound.
const (
	dnsmasqPort = "53"
	unboundPort = "5353"
)

// bench is what the jobs are made of.
type bench struct {
	binary   string  // under test
	programs string  // the directory of the compiled programs of testdata
	sources  string  // testdata
	cache    string  // what deps-bench fetched
	dir      string  // for this run alone
	scale    float64 // of how often things are done
	stops    []func()
}

// enter runs this program again in a network namespace of its own, where servers may answer at port 53.
func enter(args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	flags := []string{"--net", "--mount"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-root-user")
	}
	cmd := exec.Command("unshare", append(append(flags, self, "-inside"), args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// furnish prepares the namespace, and starts the peers.
func (b *bench) furnish(ctx context.Context) error {
	resolv := filepath.Join(b.dir, "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.0.1\n"), 0o600); err != nil {
		return err
	}
	const script = `ip link set lo up && ip addr add 192.0.0.8/32 dev lo && ip addr add 100::8/128 dev lo nodad && mount --bind "$1" /etc/resolv.conf`
	if _, err := output(ctx, "sh", "-ec", script, "sh", resolv); err != nil {
		return fmt.Errorf("prepare the namespace: %w", err)
	}
	conf := filepath.Join(b.dir, "unbound.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, unboundConf, filepath.Join(b.dir, "unbound.log")), 0o600); err != nil {
		return err
	}
	if err := b.serve(ctx, unboundPort, "unbound", "-d", "-c", conf); err != nil {
		return err
	}
	return b.serve(ctx, dnsmasqPort, b.dnsmasq(dnsmasqPort, "--server=127.0.0.1#"+unboundPort)...)
}

// unboundConf has all names that are asked for.
const unboundConf = `server:
  interface: 127.0.0.1@` + unboundPort + `
  username: ""
  chroot: ""
  pidfile: ""
  logfile: "%s"
  local-zone: "t." redirect
  local-data: "t. 3600 A 192.0.2.1"
  local-zone: "page." redirect
  local-data: "page. 3600 A 127.0.0.1"
  local-zone: "test." redirect
  local-data: "test. 3600 A 192.0.2.1"
  local-data: "test. 3600 AAAA 2001:db8::1"
remote-control:
  control-enable: no
`

// dnsmasq is the command of one that listens at a port, and knows nothing.
func (b *bench) dnsmasq(port string, more ...string) []string {
	return append([]string{
		"dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--group=root", "--pid-file=", "--log-facility=" + filepath.Join(b.dir, "dnsmasq.log"),
		"--bind-interfaces", "--listen-address=127.0.0.1", "--port=" + port, "--cache-size=100000", "--dns-forward-max=10000",
	}, more...)
}

// serve starts a server, which is there until the bench ends, and waits for its first answer.
func (b *bench) serve(ctx context.Context, port string, args ...string) error {
	stop, err := background(args...)
	if err != nil {
		return err
	}
	b.stops = append(b.stops, stop)
	return answering(ctx, port, "a.test")
}

// answering waits until the server at a port has addresses of a name.
func answering(ctx context.Context, port, name string) error {
	const script = `until dig +short +tries=1 +time=1 -p "$1" @127.0.0.1 "$2" | grep -q '^[0-9]'; do :; done`
	if _, err := output(ctx, "timeout", "60", "sh", "-c", script, "sh", port, name); err != nil {
		return fmt.Errorf("no answer from port %s: %w", port, err)
	}
	return nil
}

func (b *bench) close() {
	slices.Reverse(b.stops)
	for _, stop := range b.stops {
		stop()
	}
}

// program is a compiled one of testdata.
func (b *bench) program(name string) string { return filepath.Join(b.programs, name) }

// floor is a command whose calls are all let run by a supervisor that does nothing else.
func (b *bench) floor(command ...string) []string {
	return append([]string{b.program("supervise"), "all"}, command...)
}

// under is a command run by codex-dnsvisor, which asks the same unbound as dnsmasq does.
func (b *bench) under(flags []string, command ...string) []string {
	return slices.Concat([]string{b.binary, "-q", "--upstream", "udp://127.0.0.1:" + unboundPort}, flags, []string{"--"}, command)
}

// n is how often something is done, once or more.
func (b *bench) n(full int) int { return max(1, int(float64(full)*b.scale)) }

// times is n as an argument.
func (b *bench) times(full int) string { return strconv.Itoa(b.n(full)) }
