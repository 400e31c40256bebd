package doctor

import (
	"errors"
	"fmt"
	"os"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// tryWall asks the new namespace for what few kernels lack of the wall: routing rules by protocol and port (Linux
// 4.17, CONFIG_IP_MULTIPLE_TABLES), and sockets that answer from every address.
func tryWall(s sys.WallSockets) error {
	err := errors.Join(addRule(s.Route, unix.AF_INET), sys.BindTransparent(s.UDP4, unix.AF_INET, dnsPort))
	if s.UDP6 != nil && err == nil {
		err = addRule(s.Route, unix.AF_INET6)
	}
	if err != nil {
		return &trialError{stepWall, err}
	}
	return nil
}

const (
	dnsPort   = 53
	ruleTable = 53
)

// addRule adds a rule to the namespace that route was made in.
func addRule(route *os.File, family uint8) error {
	protocol := uint8(unix.IPPROTO_UDP)
	rule := rtnetlink.RuleMessage{
		Family: family, Table: ruleTable, Action: unix.FR_ACT_TO_TBL,
		Attributes: &rtnetlink.RuleAttributes{IPProto: &protocol, DPortRange: &rtnetlink.RulePortRange{Start: dnsPort, End: dnsPort}},
	}
	body, err := rule.MarshalBinary()
	if err != nil {
		return err
	}
	const header = 16 // nlmsghdr
	request, err := netlink.Message{
		Header: netlink.Header{
			Length: uint32(header + len(body)), Type: unix.RTM_NEWRULE, Sequence: 1,
			Flags: netlink.Request | netlink.Acknowledge | netlink.Create | netlink.Excl,
		},
		Data: body,
	}.MarshalBinary()
	if err != nil {
		return err
	}
	if _, err := route.Write(request); err != nil {
		return fmt.Errorf("rtnetlink: %w", err)
	}
	reply := make([]byte, 8<<10)
	n, err := route.Read(reply)
	if err != nil {
		return fmt.Errorf("rtnetlink: %w", err)
	}
	errno, _, err := sys.NetlinkErrors(reply[:n])
	if err == nil && errno != 0 {
		err = fmt.Errorf("rtnetlink: %w", errno)
	}
	return err
}
