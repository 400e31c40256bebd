package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Codex is Codex's configuration, in the order in which its layers count: a later one outweighs.
type Codex struct {
	Config       []CodexFile // config.toml of the machine, of the user, of projects, and managed_config.toml
	Requirements CodexFile   // of the machine, requirements.toml; without a name where there is none
	Profile      string      // "" is what default_permissions says
	Proxied      bool        // the command line has the network proxy on, whatever the files say of the feature
}

// CodexFile is the text of a file; the name is what origins call it.
type CodexFile struct {
	Name string
	Data []byte
}

// CodexPolicy is what a permission profile of Codex's says about names.
type CodexPolicy struct {
	Profile     string
	Rules       []Rule
	DenyPrivate bool // allow_local_binding is not true: addresses of RFC 1918, RFC 6598 and RFC 4193 are taken out of answers
	Warnings    []Warning
}

const (
	acceptedDomains = `a domain is "allow" or "deny"`
	profileHint     = "say which with --codex-profile NAME"
)

// Policy is what the profile says, or an [*Error] where Codex would refuse it, or where nothing says which it is.
func (c *Codex) Policy() (*CodexPolicy, error) {
	config := newCodexTable(Origin{})
	for _, file := range c.Config {
		tree, err := codexTree(file.Name, file.Data)
		if err != nil {
			return nil, err
		}
		config = config.overlay(tree)
		config.origin = tree.origin
	}
	requirements := newCodexTable(Origin{})
	if c.Requirements.Name != "" {
		var err error
		if requirements, err = codexTree(c.Requirements.Name, c.Requirements.Data); err != nil {
			return nil, err
		}
	}
	m := &codexMerge{config: config, requirements: requirements, asked: c.Profile, proxied: c.Proxied}
	return m.policy()
}

// codexMerge is the merged configuration.
type codexMerge struct {
	config, requirements *codexNode
	asked                string
	proxied              bool
	warnings             []Warning
}

func (m *codexMerge) policy() (*CodexPolicy, error) {
	for _, check := range []func() error{m.addProfiles, m.checkProfiles, m.checkAllowed} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	name, err := m.profile()
	if err != nil {
		return nil, err
	}
	network, err := m.network(name)
	if err != nil {
		return nil, err
	}
	managed, err := m.managed()
	if err != nil {
		return nil, err
	}
	p := &CodexPolicy{Profile: name, DenyPrivate: network.child("allow_local_binding").no(), Warnings: m.warnings}
	if binding := managed.child("allow_local_binding"); binding != nil {
		p.DenyPrivate = binding.no()
	}
	enabled := network.child("enabled")
	if on := managed.child("enabled"); on != nil {
		enabled = on
	}
	if enabled.no() {
		p.Warnings = append(p.Warnings, m.off(name)...)
		return p, nil
	}
	if !m.proxied && managed.child("enabled").no() {
		p.Warnings = append(p.Warnings, m.unproxied(name)...)
	}
	p.Rules, err = m.rules(network, managed)
	return p, err
}

// unproxied warns that Codex starts no proxy for a profile: it then leaves commands in the host's network, with all of it.
func (m *codexMerge) unproxied(name string) []Warning {
	feature := m.config.child("features", "network_proxy")
	if on := feature.child("enabled"); on != nil {
		feature = on
	}
	profile := m.config.child("permissions", name)
	if profile == nil || !feature.no() {
		return nil
	}
	const format = "Codex leaves commands of the profile %q in the host's network: [features] network_proxy is not true, and these rules count for nothing there"
	return []Warning{{profile.origin, fmt.Sprintf(format, cut(name))}}
}

// off warns that a profile has no network, for Codex neither.
func (m *codexMerge) off(name string) []Warning {
	profile := m.config.child("permissions", name)
	if profile == nil {
		return nil
	}
	return []Warning{{profile.origin, fmt.Sprintf("the profile %q allows no name: its network.enabled is not true", cut(name))}}
}

// no reports whether a boolean is false or absent.
func (n *codexNode) no() bool { return n == nil || n.text != "true" }

// profile is the name of the one that counts.
func (m *codexMerge) profile() (string, error) {
	origin := Origin{Flag: "--codex-profile"}
	name := m.asked
	if name == "" {
		switch node := m.config.child("default_permissions"); {
		case node == nil && m.allowed() == nil:
			return "", &Error{Origin: m.config.origin, Msg: "it has no default_permissions", Accepted: profileHint}
		case node == nil:
			name, origin = m.preset(), m.allowed().origin
		case node.kind != unstable.String:
			return "", node.wrong("default_permissions", "a string")
		default:
			name, origin = node.text, node.origin
		}
	}
	if allowed := m.allowed(); allowed != nil && allowed.child(name).no() {
		const msg = "the profile %q is not one that %s allows: %q counts in its place"
		m.warnings = append(m.warnings, Warning{origin, fmt.Sprintf(msg, cut(name), allowed.origin, cut(m.preset()))})
		name = m.preset()
	}
	switch {
	case name == ":danger-full-access":
		const hint = `to allow every name all the same: --allow "*"`
		return "", &Error{Origin: origin, Msg: name + " has no rules about names", Accepted: hint}
	case name == ":read-only" || name == ":workspace":
		return name, nil
	case m.config.child("permissions", name) == nil:
		return "", &Error{Origin: origin, Msg: fmt.Sprintf("there is no profile %q", cut(name)), Accepted: m.names()}
	}
	return name, nil
}

// names says which profiles there are.
func (m *codexMerge) names() string {
	profiles := m.config.child("permissions")
	if profiles == nil || len(profiles.table) == 0 {
		return "there is no table [permissions.NAME]"
	}
	return "the profiles are " + strings.Join(slices.Sorted(maps.Keys(profiles.table)), ", ")
}

// checkProfiles refuses what no profile may hold.
func (m *codexMerge) checkProfiles() error {
	permissions := m.config.child("permissions")
	if permissions == nil {
		return nil
	}
	if permissions.table == nil {
		return permissions.wrong("permissions", "a table")
	}
	for _, name := range slices.Sorted(maps.Keys(permissions.table)) {
		profile := permissions.table[name]
		switch extends := profile.child("extends"); {
		case strings.HasPrefix(name, ":"):
			return &Error{Origin: profile.origin, Msg: fmt.Sprintf("the profile %q: names that begin with a colon are Codex's own", cut(name))}
		case profile.table == nil:
			return profile.wrong(joined([]string{"permissions", name}), "a table")
		case extends != nil && extends.kind != unstable.String:
			return extends.wrong("extends", "a string")
		}
		if network := profile.table["network"]; network != nil {
			if err := checkNetwork(network, networkKinds); err != nil {
				return err
			}
		}
	}
	return nil
}

// network is the table of a profile, with those of the profiles that it extends under it.
func (m *codexMerge) network(name string) (*codexNode, error) {
	network := newCodexTable(Origin{})
	for seen := map[string]bool{}; name != ":read-only" && name != ":workspace"; {
		seen[name] = true
		profile := m.config.child("permissions", name)
		if own := profile.child("network"); own != nil {
			network = own.extended(network)
		}
		parent := profile.child("extends")
		if parent == nil {
			break
		}
		name = parent.text
		builtin := name == ":read-only" || name == ":workspace"
		switch {
		case seen[name]:
			return nil, &Error{Origin: parent.origin, Msg: fmt.Sprintf("the profile %q extends itself", cut(name))}
		case !builtin && m.config.child("permissions", name) == nil:
			return nil, &Error{Origin: parent.origin, Msg: fmt.Sprintf("there is no profile %q to extend", cut(name)), Accepted: m.names()}
		}
	}
	return network, nil
}

// extended is the network of a profile with that of its children over it.
func (n *codexNode) extended(child *codexNode) *codexNode {
	merged := newCodexTable(n.origin)
	maps.Copy(merged.table, n.table)
	for key, value := range child.table {
		if key == "domains" && n.table[key] != nil {
			value = value.over(n.table[key])
		}
		merged.table[key] = value
	}
	return merged
}

// over is a table of domains in place of what another says of the same ones.
func (n *codexNode) over(parent *codexNode) *codexNode {
	merged := newCodexTable(n.origin)
	written := map[string]string{} // the key of each normal form
	for _, node := range []*codexNode{parent, n} {
		for _, key := range slices.Sorted(maps.Keys(node.table)) {
			normal := codexHost(key)
			if before, ok := written[normal]; ok {
				delete(merged.table, before)
			}
			written[normal] = key
			merged.table[key] = node.table[key]
		}
	}
	return merged
}

// rules are those of the profile and of the machine's requirements.
func (m *codexMerge) rules(network, managed *codexNode) ([]Rule, error) {
	rules, err := network.child("domains").rules()
	if err != nil {
		return nil, err
	}
	more, err := managed.rulesOfRequirements()
	if err != nil {
		return nil, err
	}
	if !managed.child("managed_allowed_domains_only").no() {
		rules = slices.DeleteFunc(rules, func(r Rule) bool { return r.Effect == Allow })
	}
	return append(more, rules...), nil
}

// rules are those of a table of domains, in the order of its file.
func (n *codexNode) rules() ([]Rule, error) {
	if n == nil {
		return nil, nil
	}
	var rules []Rule
	for key, node := range n.over(newCodexTable(Origin{})).table {
		effect := Deny
		if node.text == Allow.String() {
			effect = Allow
		}
		rule, err := codexRule(key, effect, node.origin)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	slices.SortStableFunc(rules, compareOrigins)
	return rules, nil
}

// codexRule is the rule of one pattern.
func codexRule(text string, effect Effect, origin Origin) (Rule, error) {
	pattern, err := ParseCodexPattern(text, effect)
	if err != nil {
		const accepted = "Codex knows example.com, *.example.com (its subdomains), **.example.com (both), and * and ? as globs"
		return Rule{}, &Error{Origin: origin, Msg: err.Error(), Accepted: accepted, Err: err}
	}
	return Rule{Pattern: pattern, Effect: effect, Origin: origin}, nil
}
