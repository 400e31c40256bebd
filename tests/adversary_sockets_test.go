//go:build adversary

package tests

import (
	"strings"
	"testing"
)

// How many ways there are for one that a guest tries: fewer where something has to be heard.
const (
	someSockets = "16"
	someOptions = "64"
	someWires   = "32"
	moreToHear  = "8"
)

// tryWays has guests, which are slow, try one in so many of all ways; which ones, chance decides.
func tryWays(t *testing.T, of string) {
	t.Helper()
	if testing.Short() {
		t.Setenv("EVERY", of)
	}
}

// The capture sees what these attacks send where nothing is in their way.
func TestAdversaryIsHeardWithoutUs(t *testing.T) {
	for _, name := range []string{"every", "options"} {
		tryWays(t, moreToHear)
		o := newOutside(t)
		got := finish(t, o.enter(program(name), "out0"))
		ways := 0
		for _, packet := range o.captured() {
			if strings.Contains(packet, "exfil.corp.test") {
				ways++
			}
		}
		if ways < scaled(1000, 1, 100) || got.status != 0 {
			t.Errorf("%s: %d packets: %+v", name, ways, got)
		}
	}
}

// Sockets of every family, type and protocol, by every call that sends: nothing of it gets out.
func TestAdversarySockets(t *testing.T) {
	tryWays(t, someSockets)
	every := program("every")
	for _, place := range where() {
		want := "io_uring_setup ENOSYS\n"
		if strings.HasPrefix(place, "isolated") {
			want = "family 1\nfamily 2\nfamily 10\nfamily 16\n" + want
		}
		t.Run(place, func(t *testing.T) {
			o := newOutside(t)
			if got := o.attempt(t, place, every); got.status != 0 || !strings.HasSuffix(got.stdout, want) || strings.HasPrefix(place, "isolated") && got.stdout != want {
				t.Errorf("%+v", got)
			}
			o.silent(t)
		})
	}
}

// Sockets that are bound, marked, routed and addressed in every way.
func TestAdversarySocketOptions(t *testing.T) {
	tryWays(t, someOptions)
	options := program("options")
	for _, place := range where() {
		t.Run(place, func(t *testing.T) {
			o := newOutside(t)
			if got := o.attempt(t, place, options, "lo"); got.status != 0 || got.stdout != "done\n" {
				t.Errorf("%+v", got)
			}
			o.silent(t)
		})
	}
}

// In a namespace that has a wire, the same sockets put nothing on it that is for port 53, with and without its capabilities.
func TestAdversaryWire(t *testing.T) {
	tryWays(t, someWires)
	fewest := 10
	if testing.Short() {
		fewest = 4 // one kind of packet, and what is said before and after
	}
	options := program("options")
	const sandbox = `set -e
		ip link set lo up; ip link add v0 type veth peer name w0; ip link set w0 up; ip addr add 10.9.8.2/24 dev v0; ip addr add fd00:9::2/64 dev v0 nodad; ip link set v0 up
		for a in 10.9.8.1 10.9.8.7 fd00:9::1 fd00:9::7 fe80::1; do ip neigh add $a lladdr 02:00:00:00:00:01 dev v0; done
		ip route add default via 10.9.8.1; ip -6 route add default via fd00:9::1 dev v0
		getent ahostsv4 a.corp.test >/dev/null
		coproc python3 "$0" w0; read -u ${COPROC[0]}
		"$@"
		echo >/dev/udp/10.9.8.1/9; cat <&${COPROC[0]}`
	for name, drop := range map[string][]string{"with": nil, "without": {"setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"}} {
		t.Run(name+" capabilities", func(t *testing.T) {
			o := newOutside(t)
			args := append([]string{"bash", "-c", sandbox, hostile(t, "wire.py")}, drop...)
			got := o.attempt(t, "host, below unshare", append(args, options, "lo", "v0")...)
			lines := strings.Split(got.stdout, "\n")
			if got.status != 0 || len(lines) < fewest || lines[0] != "done" || lines[1] != "dropped 0" {
				t.Fatalf("%+v", got)
			}
			for _, packet := range lines {
				if strings.HasSuffix(packet, " 53") {
					t.Errorf("on the wire: %s", packet)
				}
			}
			o.silent(t)
		})
	}
}
