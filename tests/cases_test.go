package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// difference is a line of a case that a program sees otherwise under codex-dnsvisor than on a network with a resolver.
type difference struct{ name, bare, under, why string }

var differences = []difference{
	{"link-local", "local: fe80::8 port scoped (28)", "local: 100::8 port (28)", "lo has no link-local address"},
	{"connect's arguments", "connect(udp(AF_INET), &zero.any, zero.len): 0", "connect(udp(AF_INET), &zero.any, zero.len): ENETUNREACH", "there is no route but to resolvers"},
	{"sendmmsg and bad memory", "sendmmsg(fd, m, 2, 0) < 2: 1", "sendmmsg(fd, m, 2, 0) < 2: 0", "/proc/PID/mem writes the count where the program may not"},
	{"bytes that are no question", "a header: answer: id 2, qr 1, rcode 5, tc 0, 0 answers, from 192.0.2.53 53 (16)", "a header: answer: id 2, qr 1, rcode 1, tc 0, 0 answers, from 192.0.2.53 53 (16)", "FORMERR, not dnsmasq's REFUSED"},
	{"bytes that are no question", "a header that promises a question: ", "a header that promises a question: answer: id 3, qr 1, rcode 1, tc 0, 0 answers, from 192.0.2.53 53 (16)", "FORMERR, as RFC 1035 has it"},
	{"bytes that are no question", "half a question: ", "half a question: answer: id 5, qr 1, rcode 1, tc 0, 0 answers, from 192.0.2.53 53 (16)", "FORMERR, as RFC 1035 has it"},
	{"bytes that are no question", "a question that points at itself: answer: id 6, qr 1, rcode 5, tc 0, 0 answers, from 192.0.2.53 53 (16)", "a question that points at itself: answer: id 6, qr 1, rcode 1, tc 0, 0 answers, from 192.0.2.53 53 (16)", "FORMERR, not dnsmasq's REFUSED"},
	{"bytes that are no question", "a request of HTTP: ", "a request of HTTP: answer: id 18245, qr 1, rcode 4, tc 0, 0 answers, from 192.0.2.53 53 (16)", "its opcode is not implemented"},
}

// TestCases runs each case of one call bare, on a network with a real dnsmasq, and under codex-dnsvisor, and compares all
// that the program sees: errnos, counts, addresses, wake-ups, order.
func TestCases(t *testing.T) {
	bare, order := cases(t, newResolved(t).enter(program("cases")))
	args := []string{"-q", "--allow", "a.test", "--allow", "big.test", "--record", "a.test. A 192.0.2.1"}
	for i := range bigAnswer {
		args = append(args, "--record", fmt.Sprintf("big.test. A 198.51.100.%d", i))
	}
	under, _ := cases(t, exec.Command(binary, append(args, "--", program("cases"))...))
	if len(order) < 70 {
		t.Fatalf("only %d cases ran", len(order))
	}
	for _, name := range order {
		if slices.ContainsFunc(bare[name], lost) {
			// A network may lose a datagram, and this one does while its link comes up: nobody asks again here. Once more, then.
			again, _ := cases(t, newResolved(t).enter(program("cases"), name))
			bare[name] = again[name]
		}
		t.Run(name, func(t *testing.T) { compare(t, name, bare[name], under[name]) })
	}
}

// lost is a line of a case that did not get an answer, or was ended since it waited for one.
func lost(line string) bool {
	return strings.Contains(line, "nothing within") || strings.Contains(line, fmt.Sprintf("ended by signal %d,", unix.SIGALRM))
}

// The first question of a run is answered as any other: what the kernel sets up in its own time is there.
func TestTheFirstQuestionOfARun(t *testing.T) {
	for i := range 100 {
		name := []string{"sendto IPv4", "sendto IPv6", "connect IPv4", "connect IPv6"}[i%4]
		got := run(t, "-q", "--allow", "a.test", "--record", "a.test. A 192.0.2.1", "--", program("cases"), name)
		if strings.Contains(got.stdout, "nothing") || !strings.Contains(got.stdout, "1 answers") {
			t.Fatalf("run %d: %+v", i, got)
		}
	}
}

func compare(t *testing.T, name string, bare, under []string) {
	t.Helper()
	for i := range max(len(bare), len(under)) {
		b, u := nth(bare, i), nth(under, i)
		if b == u || excused(name, b, u) {
			continue
		}
		t.Errorf("bare:  %s\nunder: %s", b, u)
	}
}

func excused(name, bare, under string) bool {
	for _, d := range differences {
		if d.name == name && d.bare == bare && d.under == under {
			return true
		}
	}
	return false
}

func nth(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// cases runs the program of the cases, and returns the lines of each.
func cases(t *testing.T, cmd *exec.Cmd) (lines map[string][]string, order []string) {
	t.Helper()
	got := finish(t, cmd)
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	lines = map[string][]string{}
	for text := range strings.Lines(got.stdout) {
		text = strings.TrimSuffix(text, "\n")
		if name, ok := strings.CutPrefix(text, "== "); ok {
			order = append(order, name)
			continue
		}
		name := order[len(order)-1]
		lines[name] = append(lines[name], text)
	}
	return lines, order
}

// bigAnswer is how many addresses big.test has.
const bigAnswer = 120

// resolved is a namespace of the test's own on a network where dnsmasq answers at every address.
type resolved struct {
	t   *testing.T
	dir string
}

const resolvedScript = `set -e
	mkfifo in go
	ip link set lo up
	unshare --net sh -c 'set -e
		echo in >in; read x <go
		ip link set lo up; ip link set r0 addrgenmode none; ip link set r0 up
		ip addr add 192.0.2.53/32 dev r0; ip addr add 2001:db8::53/128 dev r0 nodad; ip addr add fe80::53/64 dev r0 nodad
		ip route add 192.0.0.8/32 dev r0; ip -6 route add 100::8/128 via fe80::8 dev r0
		ip route add local default dev lo table main; ip -6 route add local default dev lo table main
		echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		exec dnsmasq -k -C dnsmasq.conf' &
	resolver=$!
	trap "kill $resolver" EXIT
	read x <in
	ip link add v0 type veth peer name r0 netns $resolver
	ip link set v0 addrgenmode none; ip link set v0 up
	echo >go
	ip addr add 192.0.0.8/32 dev v0; ip addr add 100::8/128 dev v0 nodad; ip addr add fe80::8/64 dev v0 nodad
	ip route add default via 192.0.2.53 dev v0 onlink; ip -6 route add default via fe80::53 dev v0
	ip route add prohibit 198.51.100.0/24
	until dig +short +tries=1 +time=1 @192.0.2.53 a.test | grep -q 192; do :; done
	"$@"`

// newResolved prepares such a network. Each command that enters gets one to itself.
func newResolved(t *testing.T) *resolved {
	t.Helper()
	var config strings.Builder
	config.WriteString("no-hosts\nno-resolv\npid-file\nlocal=/test/\nhost-record=a.test,192.0.2.1\n")
	if os.Geteuid() == 0 {
		config.WriteString("user=root\n")
	}
	for i := range bigAnswer {
		fmt.Fprintf(&config, "host-record=big.test,198.51.100.%d\n", i)
	}
	r := &resolved{t: t, dir: t.TempDir()}
	must(t, os.WriteFile(filepath.Join(r.dir, "dnsmasq.conf"), []byte(config.String()), 0o644))
	return r
}

// enter is a command on that network.
func (r *resolved) enter(args ...string) *exec.Cmd {
	flags := []string{"--net", "--wd=" + r.dir}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-current-user", "--keep-caps")
	}
	return exec.Command("unshare", append(append(flags, "sh", "-c", resolvedScript, "sh"), args...)...)
}
