package emulate

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// judge is a Handler that is asked about nothing but the networks of sockets that were not had.
type judge struct {
	Handler
	t       *testing.T
	network *Network
	errno   unix.Errno
	asked   int
}

func (j *judge) Network(_ Call, fd int, to Destination) (*Network, unix.Errno) {
	j.asked++
	if fd != NoSocket || to.Transport != unknownTransport || to.Address.Port() != dnsPort {
		j.t.Errorf("asked of %d, %+v", fd, to)
	}
	return j.network, j.errno
}

func (j *judge) Refuse(Call, Destination) unix.Errno { return unix.EACCES }

func TestUnseen(t *testing.T) {
	to := func(text string) address {
		a := netip.MustParseAddrPort(text)
		return address{family: unix.AF_INET, inet: a}
	}
	home, beside := &Network{}, &Network{Open: true}
	for _, c := range []struct {
		name    string
		to      address
		taken   verdict
		network *Network
		errno   unix.Errno
		want    verdict
		asked   int
	}{
		{"a resolver, at home", to("8.8.8.8:53"), run(), home, 0, run(), 1},
		{"a resolver, in the host's network", to("8.8.8.8:53"), run(), nil, 0, run(), 1},
		{"a resolver, where no wall can be", to("8.8.8.8:53"), run(), nil, unix.EACCES, fail(unix.EACCES), 1},
		{"multicast, in a sandbox", to("224.0.0.251:53"), run(), beside, 0, fail(unix.EACCES), 1},
		{"broadcast, in a sandbox", to("255.255.255.255:53"), run(), beside, 0, fail(unix.EACCES), 1},
		{"multicast, at home", to("224.0.0.251:53"), run(), home, 0, run(), 1},
		{"nobody's address", to("8.8.8.8:443"), run(), nil, unix.EACCES, run(), 0},
		{"a descriptor that is none", to("8.8.8.8:53"), fail(unix.EBADF), home, 0, fail(unix.EBADF), 0},
	} {
		j := &judge{t: t, network: c.network, errno: c.errno}
		got := (&Emulator{Handler: j}).unseen(Call{}, c.to, c.taken)
		if got.run != c.want.run || got.errno != c.want.errno || j.asked != c.asked {
			t.Errorf("%s: runs %v, %v; asked %d times", c.name, got.run, got.errno, j.asked)
		}
	}
}
