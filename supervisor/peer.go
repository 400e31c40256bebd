package supervisor

import (
	"errors"
	"os"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/jsimonetti/rtnetlink/v2/driver"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// ErrFarEnd is the answer of a kernel that does not ask who may have an interface's other end in a network.
var ErrFarEnd = errors.New("the root of any network namespace may have an interface in the network of any process that it can name")

// TryFarEnd asks whether the kernel keeps the root of a namespace, which the sockets are of, from making an interface with one end there and
// the other in the network of this process: nil where it does. That other end would have a name that no interface may have, so none is made. A kernel
// that can have veth as a module loads it. The flaw was mended by Linux commit 7b735ef81286 (2026).
func TryFarEnd(s sys.WallSockets) error {
	here := rtnetlink.NetNSForPID(uint32(os.Getpid()))
	far := &rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{Name: "no/name", NetNS: here}}
	err := execute(s.Route, []request{{unix.RTM_NEWLINK, netlink.Create | netlink.Excl, &rtnetlink.LinkMessage{
		Attributes: &rtnetlink.LinkAttributes{Name: "far0", Info: &rtnetlink.LinkInfo{Kind: "veth", Data: &driver.Veth{PeerInfo: far}}},
	}}})
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EOPNOTSUPP): // there are no such interfaces
		return nil
	case errors.Is(err, unix.EINVAL): // it was the name that was refused
		return ErrFarEnd
	}
	return err
}
