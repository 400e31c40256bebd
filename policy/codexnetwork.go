package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// networkKinds are the keys that Codex knows in [permissions.NAME.network], with what they hold. It passes over others.
var networkKinds = map[string]unstable.Kind{
	"enabled": unstable.Bool, "proxy_url": unstable.String, "enable_socks5": unstable.Bool, "socks_url": unstable.String,
	"enable_socks5_udp": unstable.Bool, "allow_upstream_proxy": unstable.Bool, "dangerously_allow_non_loopback_proxy": unstable.Bool,
	"dangerously_allow_all_unix_sockets": unstable.Bool, "mode": unstable.String, "domains": unstable.Table,
	"unix_sockets": unstable.Table, "allow_local_binding": unstable.Bool, "mitm": unstable.Table,
}

// requirementKinds are those of [experimental_network] of requirements.toml, which [permissions.network] there is as well.
var requirementKinds = map[string]unstable.Kind{
	"enabled": unstable.Bool, "http_port": unstable.Integer, "socks_port": unstable.Integer, "allow_upstream_proxy": unstable.Bool,
	"dangerously_allow_non_loopback_proxy": unstable.Bool, "dangerously_allow_all_unix_sockets": unstable.Bool,
	"domains": unstable.Table, "managed_allowed_domains_only": unstable.Bool, "unix_sockets": unstable.Table,
	"allow_local_binding": unstable.Bool, "allowed_domains": unstable.Array, "denied_domains": unstable.Array,
}

// wrong says that a value is of the wrong type.
func (n *codexNode) wrong(name, want string) *Error {
	return &Error{Origin: n.origin, Msg: fmt.Sprintf("%s must be %s, not %s", cut(name), want, n.what())}
}

// checkNetwork refuses what Codex does not read: values of other types, and other words than there are.
func checkNetwork(network *codexNode, kinds map[string]unstable.Kind) error {
	if network.table == nil {
		return network.wrong("network", "a table")
	}
	for _, key := range slices.Sorted(maps.Keys(network.table)) {
		value := network.table[key]
		if kind, known := kinds[key]; known && kind != value.kind {
			return value.wrong(key, (&codexNode{kind: kind}).what())
		}
	}
	if mode := network.table["mode"]; mode != nil && mode.text != "full" && mode.text != "limited" {
		return &Error{Origin: mode.origin, Msg: fmt.Sprintf("%q is no mode", cut(mode.text)), Accepted: `a mode is "full" or "limited"`}
	}
	return network.child("domains").checkDomains()
}

func (n *codexNode) checkDomains() error {
	if n == nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(n.table)) {
		value := n.table[key]
		switch {
		case value.kind != unstable.String:
			failure := value.wrong(quote(key), "a string")
			failure.Accepted = acceptedDomains
			return failure
		case value.text != Allow.String() && value.text != Deny.String():
			return &Error{Origin: value.origin, Msg: fmt.Sprintf("%q is neither allow nor deny", cut(value.text)), Accepted: acceptedDomains}
		}
	}
	return nil
}

func compareOrigins(a, b Rule) int {
	return cmp.Or(cmp.Compare(a.Origin.File, b.Origin.File), cmp.Compare(a.Origin.Line, b.Origin.Line),
		cmp.Compare(a.Origin.Column, b.Origin.Column))
}
